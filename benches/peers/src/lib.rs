//! The libraries and loaders that genledger is compared with.

pub mod charges;
mod diesel_model;
pub mod diesel_mysql;
pub mod diesel_postgres;
pub mod diesel_sqlite;
pub mod loader;
pub mod postgres_copy;
pub mod row;
pub mod rusqlite;
pub mod sea_orm;
pub mod sqlx_mysql;
pub mod sqlx_postgres;
pub mod sqlx_sqlite;
pub mod tasks;
mod writer;

pub use row::LogRow;
pub use writer::Writer;

use crate::row::COLUMNS;

/// The names of the columns in quotes, with commas between them.
pub fn columns(quote: char) -> String {
    COLUMNS
        .map(|column| format!("{quote}{column}{quote}"))
        .join(", ")
}

/// Parentheses with a question mark for each column, for this many rows.
pub fn marks(rows: usize) -> String {
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
