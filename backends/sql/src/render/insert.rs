//! Renders inserts; of an upsert, all but what becomes of a stored row, which is in `upsert.rs`.

use genledger_contract::table::TableDef;
use sea_query::{Asterisk, Expr, ExprTrait, Func, InsertStatement, OnConflict, Query};

use super::convert::stored;
use super::expr::{name, placeholder};
use super::upsert;
use crate::dialect::Dialect;
use crate::dialect::codec::Write;
use crate::shape::InsertShape;

pub(super) fn insert(dialect: &Dialect, shape: &InsertShape) -> InsertStatement {
    let table = shape.table.get();
    let mut insert = Query::insert();
    insert.into_table(name(table));
    if shape.bulk && dialect.has_arrays() {
        arrays(&mut insert, dialect, table);
    } else {
        values(&mut insert, dialect, table, shape.rows);
    }
    if shape.unless_taken {
        let mut on_conflict = OnConflict::new();
        on_conflict.do_nothing();
        insert.on_conflict(on_conflict);
    } else if !shape.on_present.is_empty() {
        insert.on_conflict(upsert::on_present(dialect, table, &shape.on_present));
    }
    insert
}

/// `INSERT … SELECT * FROM UNNEST($1::bigint[], …)`: one array for each column, so that one statement
/// serves every number of rows.
fn arrays(insert: &mut InsertStatement, dialect: &Dialect, table: &'static TableDef) {
    let columns = table.columns.iter().enumerate().map(|(slot, column)| {
        let element = dialect.array_element(column);
        let array: Expr = placeholder(slot).cast_as(format!("{element}[]"));
        match dialect.known_codec(column).and_then(|codec| codec.write) {
            Some(Write::Cast(to)) => array.cast_as(format!("{to}[]")),
            _ => array,
        }
    });
    let select = Query::select()
        .column(Asterisk)
        .from_function(Func::cust("UNNEST").args(columns), "rows")
        .take();
    // sea-query counts `*` as one column, so the other columns are set after the select.
    insert.columns([table.columns[0].name]);
    if let Ok(insert) = insert.select_from(select) {
        insert.columns(table.columns.iter().map(|column| column.name));
    }
}

fn values(insert: &mut InsertStatement, dialect: &Dialect, table: &'static TableDef, rows: usize) {
    let width = table.columns.len();
    insert.columns(table.columns.iter().map(|column| column.name));
    for row in 0..rows {
        let values = table
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| stored(dialect, column, placeholder(row * width + index)));
        // As many values as columns, by construction.
        insert.values_panic(values);
    }
}
