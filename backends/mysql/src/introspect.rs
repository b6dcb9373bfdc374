//! Reads the description of a table from the catalog of the server.

mod applied;
mod catalog;
mod class;

use async_trait::async_trait;
use genledger_contract::schema::Severity;
use genledger_contract::table::{ColumnDef, ColumnType, TableDef};
use genledger_contract::{Error, Result};
use genledger_sql::{
    Connection, IntrospectedColumn, IntrospectedIndex, IntrospectedTable, SchemaDriver, live_column,
};
use genledger_sqlx::CatalogRow;

use catalog::{COLUMNS, INDEXES, TABLES};

/// Introspection, and the errors of scripts that were already applied.
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
            .fetch(connection, name, |row| Ok((row.text(0)?, row.text(1)?)))
            .await?;
        let Some((kind, engine)) = kinds.first() else {
            return Ok(None);
        };
        if kind != "BASE TABLE" {
            found.remarks.push((
                Severity::Breaks,
                "is not a table, but a view or another object".to_owned(),
            ));
        } else if engine != "InnoDB" {
            found.remarks.push((
                Severity::Breaks,
                format!("has the engine {engine}, which may not support transactions"),
            ));
        }
        if kind == "BASE TABLE" {
            let definition = definition(connection, table).await?;
            found.partitioned_by = partitioned_by(&definition);
            found.checks.push(definition);
        }
        found.columns = COLUMNS.fetch(connection, name, column).await?;
        let rows = INDEXES.fetch(connection, name, IndexRow::read).await?;
        for rows in rows.chunk_by(|one, next| one.index == next.index) {
            index(&mut found, table, rows);
        }
        Ok(Some(found))
    }

    fn is_already_applied(&self, script: &str, error: &Error) -> bool {
        applied::is_already_applied(script, error)
    }
}

/// The statement that creates the table. The catalog's list of CHECK constraints differs between
/// `MySQL` and `MariaDB`, and is incomplete for a user with read permissions only.
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
        ColumnDef::new("name", ColumnType::LongText),
        ColumnDef::new("definition", ColumnType::LongText),
    ];
    connection
        .query(&sql.into(), &[], &columns, &mut |row| {
            definition = row.text(1)?.unwrap_or_default().to_owned();
            Ok(())
        })
        .await?;
    Ok(definition)
}

/// The column by whose ranges the table is partitioned. `MySQL` and `MariaDB` write the clause differently.
fn partitioned_by(definition: &str) -> Option<String> {
    let (_, clause) = definition.rsplit_once("PARTITION BY ")?;
    let by_range = clause.trim_start().strip_prefix("RANGE");
    let column = by_range
        .and_then(|rest| rest.split_once('('))
        .and_then(|(_, rest)| rest.split_once(')'));
    let column = column.map_or("", |(column, _)| column.trim_matches('`'));
    Some(column.to_owned())
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
        // `utf8mb4_bin` and other binary collations; all others follow the rules of a language.
        binary_collation: collation.is_empty() || collation.ends_with("bin"),
        sql_type: if collation.is_empty() {
            sql_type
        } else {
            format!("{sql_type} COLLATE {collation}")
        },
        generated: row.boolean(8)?,
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
            unique: !row.boolean(1)?,
            column: row.text(2)?,
            descending: row.boolean(3)?,
        })
    }
}

/// Adds an index, given as its columns, to the keys or indexes of the table.
fn index(found: &mut IntrospectedTable, table: &TableDef, rows: &[IndexRow]) {
    let [first, ..] = rows else {
        return;
    };
    if first.index == "PRIMARY" {
        found.primary_key = rows.iter().map(|row| row.column.clone()).collect();
        return;
    }
    // The generated column is named after the key in the description, or after the index.
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
