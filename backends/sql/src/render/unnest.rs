//! `INSERT … SELECT * FROM UNNEST($1::bigint[], …)`: one array for each column, so that the
//! statement is the same for every number of rows.

use genledger_contract::table::TableDef;
use sea_query::{Asterisk, Expr, ExprTrait, Func, InsertStatement, Query};

use super::placeholder;
use crate::dialect::{Dialect, Write};

pub(super) fn rows(insert: &mut InsertStatement, dialect: &Dialect, table: &'static TableDef) {
    let arrays = table.columns.iter().enumerate().map(|(slot, column)| {
        let element = dialect.array_element(column);
        let array: Expr = placeholder(slot).cast_as(format!("{element}[]"));
        match dialect.known_codec(column).and_then(|codec| codec.write) {
            Some(Write::Cast(to)) => array.cast_as(format!("{to}[]")),
            _ => array,
        }
    });
    let select = Query::select()
        .column(Asterisk)
        .from_function(Func::cust("UNNEST").args(arrays), "rows")
        .take();
    // sea-query counts `*` as one column, so it is told of one until it has the rows.
    insert.columns([table.columns[0].name]);
    if let Ok(insert) = insert.select_from(select) {
        insert.columns(table.columns.iter().map(|column| column.name));
    }
}
