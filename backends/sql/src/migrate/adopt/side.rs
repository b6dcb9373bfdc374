//! The table for rows that cannot be adopted.

use genledger_contract::Result;
use genledger_contract::schema::Adoption;
use genledger_contract::table::{ColumnDef, ColumnType, Kind, TableDef};

use super::found::Found;
use super::key;
use super::names::quote;
use super::unit::{Change, Units};
use crate::dialect::{Dialect, Family};
use crate::executor::Executor;
use crate::introspected::{IntrospectedColumn, TypeClass};

/// The column and the rule that a row violates.
pub(super) const COLUMN: &str = "genledger_column";
pub(super) const RULE: &str = "genledger_rule";

/// The description of the table, which has its name only.
pub(super) fn table(name: &'static str) -> TableDef {
    TableDef {
        name,
        schema: None,
        description: "",
        columns: &[],
        primary_key: &[],
        unique: &[],
        indexes: &[],
        soft_delete: None,
        version: None,
        append_only: false,
        partitioned_by: None,
    }
}

impl<X: Executor> Units<X> {
    /// Creates the table, or adds the columns that the adopted table has got since.
    pub(super) async fn create_side_table(&self, found: &Found) -> Result<()> {
        let (dialect, name) = (self.dialect(), self.adoption.set_aside);
        let side = self.look_at(table(name)).await?;
        let quoted = quote(dialect, name);
        let all = found
            .stored()
            .map(|column| definition(dialect, self.adoption, column));
        let statements: Vec<String> = match side {
            None => {
                let text = text_type(dialect);
                let own = [COLUMN, RULE].map(|name| format!("{} {text}", quote(dialect, name)));
                let mut columns: Vec<String> = all.chain(own).collect();
                // By it the copies of deleted rows are found; numbers are read by their order.
                if dialect.family() == Family::MySql && key::is_text(dialect, self.adoption) {
                    let id = quote(dialect, self.adoption.table.primary_key[0]);
                    columns.push(format!("KEY ({id}(64))"));
                }
                let options = match dialect.family() {
                    Family::MySql => " ENGINE = InnoDB ROW_FORMAT = DYNAMIC CHARACTER SET utf8mb4",
                    Family::Sqlite | Family::Postgres => "",
                };
                vec![format!(
                    "CREATE TABLE {quoted} ({}){options}",
                    columns.join(", ")
                )]
            }
            Some(side) => found
                .stored()
                .filter(|column| side.column(&column.name).is_none())
                .map(|column| {
                    let column = definition(dialect, self.adoption, column);
                    format!("ALTER TABLE {quoted} ADD COLUMN {column}")
                })
                .collect(),
        };
        for statement in statements {
            self.change(Change::Together(vec![statement])).await?;
        }
        Ok(())
    }
}

/// A column that holds every value that the found one can have, now and after the adoption.
fn definition(dialect: &Dialect, adoption: &Adoption, column: &IntrospectedColumn) -> String {
    let name = quote(dialect, &column.name);
    let mut described = adoption.table.columns.iter();
    let becomes_boolean =
        described.any(|one| one.name == column.name && matches!(one.column_type, ColumnType::Bool));
    let sql_type = match (dialect.family(), column.class) {
        // Without a type SQLite stores every value as it is.
        (Family::Sqlite, _) => "",
        // Both are converted to text, and neither to the other one.
        (Family::Postgres, TypeClass::Integer { .. }) if becomes_boolean => "text",
        (Family::Postgres, TypeClass::Integer { .. }) => "bigint",
        (Family::MySql, TypeClass::Integer { .. }) => "BIGINT NULL",
        (_, TypeClass::Text { .. } | TypeClass::FixedText { .. }) => text_type(dialect),
        (Family::MySql, _) => return format!("{name} {} NULL", column.sql_type),
        (Family::Postgres, _) => column.sql_type.as_str(),
    };
    format!("{name} {sql_type}").trim_end().to_owned()
}

const fn text_type(dialect: &Dialect) -> &'static str {
    match dialect.family() {
        Family::Sqlite => "",
        Family::Postgres => "text",
        Family::MySql => "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL",
    }
}

/// Whether the values of a column are text.
pub(super) fn is_text(column: &ColumnDef) -> bool {
    matches!(column.column_type.kind(), Kind::Text | Kind::Json)
}
