//! What the catalogue of the server says about a table.

mod catalog;
mod class;
mod there;

use async_trait::async_trait;
use genledger_contract::schema::Severity;
use genledger_contract::table::{ColumnType, TableDef};
use genledger_contract::{Error, Result};
use genledger_sql::{
    Connection, IntrospectedColumn, IntrospectedIndex, IntrospectedTable, SchemaDriver, live_column,
};
use genledger_sqlx::{CatalogRow, answer_column};

use catalog::{COLUMNS, INDEXES, TABLES};

/// Introspection, and what the errors of scripts prove.
#[derive(Debug)]
pub(crate) struct MySqlSchema;

#[async_trait]
impl SchemaDriver for MySqlSchema {
    async fn introspect(
        &self,
        connection: &mut dyn Connection,
        table: &TableDef,
    ) -> Result<Option<IntrospectedTable>> {
        let mut found = IntrospectedTable::default();
        let name = &[table.schema.unwrap_or_default(), table.name];
        let kinds = TABLES
            .ask(connection, name, |row| Ok((row.text(0)?, row.text(1)?)))
            .await?;
        let Some((kind, engine)) = kinds.first() else {
            return Ok(None);
        };
        if kind != "BASE TABLE" {
            found.remarks.push((
                Severity::Breaks,
                "is a view or something else that is no table".to_owned(),
            ));
        } else if engine != "InnoDB" {
            found.remarks.push((
                Severity::Breaks,
                format!("has the engine {engine}, which may not keep transactions"),
            ));
        }
        if kind == "BASE TABLE" {
            found.checks.push(definition(connection, table).await?);
        }
        found.columns = COLUMNS.ask(connection, name, column).await?;
        let rows = INDEXES.ask(connection, name, IndexRow::read).await?;
        for rows in rows.chunk_by(|one, next| one.index == next.index) {
            index(&mut found, table, rows);
        }
        Ok(Some(found))
    }

    fn is_there_already(&self, script: &str, error: &Error) -> bool {
        there::is_there_already(script, error)
    }
}

/// The statement that makes the table. The catalogue's list of CHECK constraints is not the same on
/// `MySQL` and `MariaDB`, and who may only read is not shown all of it.
async fn definition(connection: &mut dyn Connection, table: &TableDef) -> Result<String> {
    let mut definition = String::new();
    // Names of letters, digits and underscores, which need no escape.
    let schema = table.schema.map(|schema| format!("`{schema}`."));
    let sql = format!(
        "SHOW CREATE TABLE {}`{}`",
        schema.unwrap_or_default(),
        table.name
    );
    let columns = [
        answer_column("name", ColumnType::LongText),
        answer_column("definition", ColumnType::LongText),
    ];
    connection
        .query(&sql.into(), &[], &columns, &mut |row| {
            definition = row.text(1)?.unwrap_or_default().to_owned();
            Ok(())
        })
        .await?;
    Ok(definition)
}

fn column(row: &CatalogRow<'_>) -> Result<IntrospectedColumn> {
    let collation = row.text(6)?;
    let sql_type = row.text(1)?;
    Ok(IntrospectedColumn {
        name: row.text(0)?,
        class: class::class(
            &row.text(2)?,
            &sql_type,
            &class::Sizes {
                chars: row.integer(3)?,
                precision: row.integer(4)?,
                scale: row.integer(5)?,
                digits: row.integer(9)?,
            },
        ),
        nullable: row.text(7)? == "YES",
        // `utf8mb4_bin` and its like; the others go by the rules of a language.
        binary_collation: collation.is_empty() || collation.ends_with("bin"),
        sql_type: if collation.is_empty() {
            sql_type
        } else {
            format!("{sql_type} COLLATE {collation}")
        },
        generated: row.truth(8)?,
        default: row.text(10)?.strip_prefix('=').map(str::to_owned),
    })
}

/// One column of one index.
struct IndexRow {
    index: String,
    unique: bool,
    column: String,
    descending: bool,
}

impl IndexRow {
    fn read(row: &CatalogRow<'_>) -> Result<Self> {
        Ok(Self {
            index: row.text(0)?,
            unique: !row.truth(1)?,
            column: row.text(2)?,
            descending: row.truth(3)?,
        })
    }
}

/// Files an index, which has at least one column, under what it is.
fn index(found: &mut IntrospectedTable, table: &TableDef, rows: &[IndexRow]) {
    let [first, ..] = rows else {
        return;
    };
    if first.index == "PRIMARY" {
        found.primary_key = rows.iter().map(|row| row.column.clone()).collect();
        return;
    }
    // The generated column has the name of the key as the description has it, or as it is here.
    let live: Vec<String> = table
        .unique
        .iter()
        .filter(|key| key.live_only)
        .map(|key| live_column(key.name))
        .chain([live_column(&first.index)])
        .collect();
    let (markers, columns): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| live.contains(&row.column));
    let index = IntrospectedIndex {
        name: first.index.clone(),
        columns: columns
            .into_iter()
            .map(|row| (row.column.clone(), row.descending))
            .collect(),
        live_only: !markers.is_empty(),
    };
    if first.unique {
        found.unique.push(index);
    } else {
        found.indexes.push(index);
    }
}
