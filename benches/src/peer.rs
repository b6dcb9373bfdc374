//! The contenders.

pub(crate) mod diesel_mysql;
mod diesel_model;
pub(crate) mod diesel_postgres;
pub(crate) mod diesel_sqlite;
pub(crate) mod loader;
pub(crate) mod rusqlite;
pub(crate) mod sea_orm;
pub(crate) mod sqlx_mysql;
pub(crate) mod sqlx_postgres;
pub(crate) mod sqlx_sqlite;

use crate::row::COLUMNS;

/// The names of the columns in quotes, with commas between them.
pub(crate) fn columns(quote: char) -> String {
    COLUMNS.map(|column| format!("{quote}{column}{quote}")).join(", ")
}

/// Parentheses with a question mark for each column, for so many rows.
pub(crate) fn marks(rows: usize) -> String {
    let row = format!("({})", ["?"; COLUMNS.len()].join(", "));
    vec![row; rows].join(", ")
}

/// Binds the values of a row, in the order of the columns, to a query or its like.
macro_rules! bind_row {
    ($query:expr, $row:expr) => {
        $query
            .bind($row.id)
            .bind($row.user_id)
            .bind($row.created_at)
            .bind($row.kind)
            .bind(&$row.content)
            .bind(&$row.username)
            .bind(&$row.token_name)
            .bind(&$row.model_name)
            .bind($row.quota)
            .bind($row.prompt_tokens)
            .bind($row.completion_tokens)
            .bind($row.use_time)
            .bind($row.is_stream)
            .bind($row.channel_id)
            .bind($row.token_id)
            .bind(&$row.group)
            .bind(&$row.ip)
            .bind(&$row.request_id)
            .bind(&$row.other)
    };
}
pub(crate) use bind_row;
