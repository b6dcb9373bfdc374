//! Reads the description of a table from the catalog of the server.

mod catalog;
mod class;

use async_trait::async_trait;
use genledger_contract::Result;
use genledger_contract::schema::Severity;
use genledger_contract::table::TableDef;
use genledger_sql::{
    Connection, IntrospectedColumn, IntrospectedIndex, IntrospectedTable, SchemaDriver,
};
use genledger_sqlx::CatalogRow;

use catalog::{CHECKS, COLUMNS, INDEXES, TABLES};

/// Introspection.
#[derive(Debug)]
pub(crate) struct PgSchema;

#[async_trait]
impl SchemaDriver for PgSchema {
    async fn introspect(
        &self,
        connection: &mut dyn Connection,
        table: &TableDef,
    ) -> Result<Option<IntrospectedTable>> {
        let mut found = IntrospectedTable::default();
        let quoted = quoted(table);
        let name = &[quoted.as_str()];
        let kinds = TABLES
            .fetch(connection, name, |row| Ok((row.text(0)?, row.text(1)?)))
            .await?;
        let Some((kind, partition_key)) = kinds.first() else {
            return Ok(None);
        };
        found.partitioned_by = partitioned_by(partition_key);
        // Ordinary or partitioned.
        if kind != "r" && kind != "p" {
            found.remarks.push((
                Severity::Breaks,
                "is not a table, but a view or another object".to_owned(),
            ));
        }
        found.columns = COLUMNS.fetch(connection, name, column).await?;
        found.checks = CHECKS.fetch(connection, name, |row| row.text(0)).await?;
        let rows = INDEXES.fetch(connection, name, IndexRow::read).await?;
        for rows in rows.chunk_by(|one, next| one.index == next.index) {
            index(&mut found, table, rows);
        }
        Ok(Some(found))
    }
}

/// The quoted name. It consists of letters, digits and underscores, so nothing needs to be escaped.
fn quoted(table: &TableDef) -> String {
    match table.schema {
        Some(schema) => format!("\"{schema}\".\"{}\"", table.name),
        None => format!("\"{}\"", table.name),
    }
}

/// The column in the spelling of the server: `RANGE (created_at)`.
fn partitioned_by(key: &str) -> Option<String> {
    let by_range = key
        .strip_prefix("RANGE (")
        .and_then(|key| key.strip_suffix(')'));
    (!key.is_empty()).then(|| by_range.unwrap_or_default().trim_matches('"').to_owned())
}

fn column(row: &CatalogRow<'_>) -> Result<IntrospectedColumn> {
    let collation = row.text(4)?;
    let sql_type = row.text(1)?;
    Ok(IntrospectedColumn {
        name: row.text(0)?,
        class: class::class(&row.text(2)?, row.integer(3)?),
        nullable: row.boolean(5)?,
        // These order by the bytes of UTF-8; all others by the rules of a language.
        binary_collation: matches!(
            collation.as_str(),
            "" | "C"
                | "POSIX"
                | "ucs_basic"
                | "C.UTF-8"
                | "C.utf8"
                | "pg_c_utf8"
                | "PG_UNICODE_FAST"
                | "pg_unicode_fast"
        ),
        sql_type: if collation.is_empty() {
            sql_type
        } else {
            format!("{sql_type} COLLATE \"{collation}\"")
        },
        generated: row.boolean(6)?,
        default: row.text(7)?.strip_prefix('=').map(str::to_owned),
    })
}

/// One column of one index.
struct IndexRow {
    index: String,
    primary: bool,
    unique: bool,
    condition: String,
    column: String,
    descending: bool,
}

impl IndexRow {
    fn read(row: &CatalogRow<'_>) -> Result<Self> {
        Ok(Self {
            index: row.text(0)?,
            primary: row.boolean(1)?,
            unique: row.boolean(2)?,
            condition: row.text(3)?,
            column: row.text(4)?,
            descending: row.boolean(5)?,
        })
    }
}

/// Adds an index, given as its columns, to the keys or indexes of the table.
fn index(found: &mut IntrospectedTable, table: &TableDef, rows: &[IndexRow]) {
    let [first, ..] = rows else {
        return;
    };
    if first.primary {
        found.primary_key = rows.iter().map(|row| row.column.clone()).collect();
        return;
    }
    let live_only = is_live_only(table, &first.condition);
    let index = IntrospectedIndex {
        name: first.index.clone(),
        columns: rows
            .iter()
            .map(|row| (row.column.clone(), row.descending))
            .collect(),
        live_only,
    };
    let partial = !first.condition.is_empty() && !live_only;
    match (first.unique, partial) {
        (true, false) => found.unique.push(index),
        // An index of some rows does not replace one of all rows.
        (false, false) if !live_only => found.indexes.push(index),
        (false, _) => {}
        (true, true) => found.remarks.push((
            Severity::Breaks,
            format!("has the unique index {} on a part of its rows", first.index),
        )),
    }
}

/// Whether a condition, in the spelling of the server, means that a row is not soft-deleted.
fn is_live_only(table: &TableDef, condition: &str) -> bool {
    let Some(marker) = table.soft_delete else {
        return false;
    };
    let plain: String = condition
        .chars()
        .filter(|character| !matches!(character, '(' | ')' | ' ' | '"'))
        .collect();
    plain == format!("{marker}ISNOTTRUE")
        || plain == format!("NOT{marker}")
        || plain == format!("{marker}=false")
        || plain == format!("{marker}ISFALSE")
        || plain == format!("{marker}=0")
}
