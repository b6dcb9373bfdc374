//! Reads the description of a table from SQLite.

use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::Result;
use genledger_contract::row::{RowReader, ValueRef};
use genledger_contract::schema::Severity;
use genledger_contract::table::{ColumnDef, ColumnType, TableDef};
use genledger_sql::{
    Connection, IntrospectedColumn, IntrospectedIndex, IntrospectedTable, Param, SchemaDriver,
    TypeClass,
};

/// Introspection of SQLite.
#[derive(Debug)]
pub(crate) struct SqliteSchema;

#[async_trait]
impl SchemaDriver for SqliteSchema {
    async fn introspect(
        &self,
        connection: &mut dyn Connection,
        table: &TableDef,
    ) -> Result<Option<IntrospectedTable>> {
        let mut found = None;
        let sql = "SELECT \"strict\" FROM pragma_table_list(?) WHERE schema = 'main'";
        query(connection, sql, table.name, &[INTEGER], &mut |row| {
            found = Some(row.bool(0)?.unwrap_or_default());
            Ok(())
        })
        .await?;
        let Some(strict) = found else {
            return Ok(None);
        };
        let mut found = IntrospectedTable::default();
        if !strict {
            found
                .remarks
                .push((Severity::Differs, "a table that is not STRICT".to_owned()));
        }
        let sql = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?";
        query(connection, sql, table.name, &[TEXT], &mut |row| {
            found.checks.extend(row.text(0)?.map(str::to_owned));
            Ok(())
        })
        .await?;
        columns(connection, table, &mut found).await?;
        indexes(connection, table, &mut found).await?;
        Ok(Some(found))
    }
}

const INTEGER: ColumnDef = column_of(ColumnType::I64);
const TEXT: ColumnDef = column_of(ColumnType::LongText);

const fn column_of(column_type: ColumnType) -> ColumnDef {
    ColumnDef {
        nullable: true,
        ..ColumnDef::new("schema", column_type)
    }
}

async fn query(
    connection: &mut dyn Connection,
    sql: &str,
    name: &str,
    columns: &[ColumnDef],
    visit: &mut (dyn FnMut(&dyn RowReader) -> Result<()> + Send),
) -> Result<()> {
    let name = Param {
        value: ValueRef::Text(name),
        column_type: ColumnType::LongText,
    };
    connection
        .query(&Arc::from(sql), &[name], columns, visit)
        .await
}

async fn columns(
    connection: &mut dyn Connection,
    table: &TableDef,
    found: &mut IntrospectedTable,
) -> Result<()> {
    let mut key: Vec<(i64, String)> = Vec::new();
    let sql = "SELECT name, type, \"notnull\", pk, hidden, dflt_value FROM pragma_table_xinfo(?) \
               ORDER BY cid";
    let columns = [TEXT, TEXT, INTEGER, INTEGER, INTEGER, TEXT];
    query(connection, sql, table.name, &columns, &mut |row| {
        let name = row.text(0)?.unwrap_or_default().to_owned();
        let sql_type = row.text(1)?.unwrap_or_default().to_owned();
        let place = row.integer(3)?.unwrap_or_default();
        if place > 0 {
            key.push((place, name.clone()));
        }
        found.columns.push(IntrospectedColumn {
            class: class(&sql_type),
            name,
            sql_type,
            // The rowid is never NULL, whatever its declaration.
            nullable: row.integer(2)? == Some(0) && place == 0,
            binary_collation: true,
            generated: row.integer(4)?.unwrap_or_default() > 1,
            default: row.text(5)?.map(str::to_owned),
        });
        Ok(())
    })
    .await?;
    key.sort();
    found.primary_key = key.into_iter().map(|(_, name)| name).collect();
    Ok(())
}

/// The class of a declared type, by the affinity rules of SQLite.
fn class(sql_type: &str) -> TypeClass {
    let sql_type = sql_type.to_ascii_uppercase();
    let is = |part: &str| sql_type.contains(part);
    if is("INT") {
        TypeClass::Integer { bytes: 8 }
    } else if is("CHAR") || is("CLOB") || is("TEXT") {
        TypeClass::Text { max_chars: None }
    } else if is("BLOB") {
        TypeClass::Bytes
    } else if is("BOOL") {
        // NUMERIC affinity, which stores integers unchanged.
        TypeClass::Bool
    } else {
        TypeClass::Other
    }
}

struct Index {
    name: String,
    unique: bool,
    origin: String,
    condition: Option<String>,
}

async fn indexes(
    connection: &mut dyn Connection,
    table: &TableDef,
    found: &mut IntrospectedTable,
) -> Result<()> {
    let mut all: Vec<Index> = Vec::new();
    let sql = "SELECT i.name, i.\"unique\", i.origin, \
               CASE WHEN i.partial THEN s.sql END \
               FROM pragma_index_list(?) i LEFT JOIN sqlite_schema s ON s.name = i.name";
    query(
        connection,
        sql,
        table.name,
        &[TEXT, INTEGER, TEXT, TEXT],
        &mut |row| {
            all.push(Index {
                name: row.text(0)?.unwrap_or_default().to_owned(),
                unique: row.bool(1)?.unwrap_or_default(),
                origin: row.text(2)?.unwrap_or_default().to_owned(),
                condition: row.text(3)?.map(condition),
            });
            Ok(())
        },
    )
    .await?;
    for index in all.into_iter().filter(|index| index.origin != "pk") {
        let mut columns = Vec::new();
        let sql = "SELECT name, \"desc\" FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno";
        query(connection, sql, &index.name, &[TEXT, INTEGER], &mut |row| {
            let name = row.text(0)?.unwrap_or("an expression").to_owned();
            columns.push((name, row.bool(1)?.unwrap_or_default()));
            Ok(())
        })
        .await?;
        add(table, found, index, columns);
    }
    Ok(())
}

fn add(
    table: &TableDef,
    found: &mut IntrospectedTable,
    index: Index,
    columns: Vec<(String, bool)>,
) {
    let live_only = match (&index.condition, table.soft_delete) {
        (None, _) => false,
        (Some(condition), Some(deleted)) if is_live(condition, deleted) => true,
        // Other partial indexes are not part of the model.
        _ => return,
    };
    let one = IntrospectedIndex {
        name: index.name,
        columns,
        live_only,
    };
    if index.unique {
        found.unique.push(one);
    } else if !live_only {
        found.indexes.push(one);
    }
}

/// The condition after WHERE, normalized.
fn condition(sql: &str) -> String {
    let sql = sql.to_ascii_uppercase();
    let condition = sql
        .rsplit_once(" WHERE ")
        .map_or("", |(_, condition)| condition);
    condition
        .chars()
        .filter(|char| !char.is_whitespace() && !matches!(char, '"' | '`' | '(' | ')'))
        .collect()
}

fn is_live(condition: &str, deleted: &str) -> bool {
    let deleted = deleted.to_ascii_uppercase();
    [
        "{}ISNOTTRUE",
        "NOT{}",
        "{}=0",
        "{}=FALSE",
        "{}IS0",
        "{}ISFALSE",
    ]
    .iter()
    .any(|spelling| spelling.replace("{}", &deleted) == condition)
}
