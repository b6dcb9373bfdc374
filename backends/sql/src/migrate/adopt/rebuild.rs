//! The form of an adopted table on SQLite, which cannot change a column: the table is built again, in one
//! transaction.

use std::sync::Arc;

use genledger_contract::Result;
use genledger_contract::row::RowReader;
use genledger_contract::schema::Adoption;
use genledger_contract::table::{ColumnDef, ColumnType};

use super::found::{Found, refused};
use super::keys;
use super::names::quote;
use super::unit::Units;
use crate::connection::Connection;
use crate::ddl;
use crate::dialect::Dialect;
use crate::executor::Executor;
use crate::introspected::IntrospectedColumn;
use crate::migrate::history::text;

/// The name of the table until it replaces the other one.
const NEW: &str = "_genledger_adopted";

/// What the table has beside its columns, and is created again.
const OBJECTS: &str = "SELECT sql FROM sqlite_schema \
    WHERE tbl_name = ? COLLATE NOCASE AND type IN ('index', 'trigger') AND sql IS NOT NULL";
/// References from and to the table, which would be lost or act when it is dropped.
const REFERENCES: &str = "SELECT m.name FROM sqlite_schema m, pragma_foreign_key_list(m.name) f \
    WHERE m.type = 'table' AND ? COLLATE NOCASE IN (m.name, f.\"table\")";
/// Its definition if new rows get numbers that were never used.
const COUNTED: &str = "SELECT sql FROM sqlite_schema \
    WHERE type = 'table' AND name = ? COLLATE NOCASE AND instr(upper(sql), 'AUTOINCREMENT') > 0";

/// What the table is built as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As described.
    Described,
    /// As it was found, without the unique keys in its definition, and with NULL where the description permits it.
    Found,
}

/// Whether the keys and the repair of rows need the table in its loose form.
pub(super) fn needs_loose(adoption: &'static Adoption, found: &Found) -> bool {
    let is_required =
        |(column, one): (&ColumnDef, &IntrospectedColumn)| column.nullable && !one.nullable;
    adoption.reports && found.described(adoption).any(is_required)
        || keys::replaced(adoption, found).any(keys::is_inline)
}

impl<X: Executor> Units<X> {
    /// Builds the table again.
    pub(super) async fn rebuild(&self, found: &Found, form: Form) -> Result<()> {
        let adoption = self.adoption;
        let found = Arc::new(found.clone());
        self.write(Box::new(move |context| {
            let found = Arc::clone(&found);
            Box::pin(async move {
                rebuild(context.connection, context.dialect, adoption, &found, form).await
            })
        }))
        .await
    }
}

async fn rebuild(
    connection: &mut dyn Connection,
    dialect: &'static Dialect,
    adoption: &'static Adoption,
    found: &Found,
    form: Form,
) -> Result<()> {
    let name = adoption.table.name;
    if !texts(connection, REFERENCES, name).await?.is_empty() {
        let why = "it has foreign keys, or others refer to it";
        return Err(refused(adoption.table, why));
    }
    let objects = texts(connection, OBJECTS, name).await?;
    let counted = !texts(connection, COUNTED, name).await?.is_empty();
    let (table, new) = (quote(dialect, name), quote(dialect, NEW));
    let columns = match form {
        Form::Described => definitions(dialect, adoption, found, counted)?,
        Form::Found => loose(dialect, adoption, found, counted)?,
    };
    let names: Vec<String> = found
        .0
        .columns
        .iter()
        .map(|column| quote(dialect, &column.name))
        .collect();
    let names = names.join(", ");
    let mut statements = vec![
        format!("DROP TABLE IF EXISTS {new}"),
        // Not STRICT, which has no types for the further columns.
        format!("CREATE TABLE {new} (\n    {}\n)", columns.join(",\n    ")),
        format!("INSERT INTO {new} ({names}) SELECT {names} FROM {table}"),
    ];
    if counted {
        let moved = format!(
            "DELETE FROM sqlite_sequence WHERE name = '{NEW}'; \
             INSERT INTO sqlite_sequence (name, seq) \
             SELECT '{NEW}', seq FROM sqlite_sequence WHERE name = '{name}' COLLATE NOCASE"
        );
        statements.push(moved);
    }
    statements.extend([
        format!("DROP TABLE {table}"),
        // Views that name the table are not examined while it is missing.
        "PRAGMA legacy_alter_table = ON".to_owned(),
        format!("ALTER TABLE {new} RENAME TO {table}"),
        "PRAGMA legacy_alter_table = OFF".to_owned(),
    ]);
    statements.extend(objects);
    for statement in statements {
        connection.run_script(&statement).await?;
    }
    Ok(())
}

/// The described columns, then the others as they were declared.
fn definitions(
    dialect: &'static Dialect,
    adoption: &'static Adoption,
    found: &Found,
    counted: bool,
) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for column in adoption.table.columns {
        let adopted = ColumnDef {
            default: adoption.fill(column),
            ..*column
        };
        let mut definition = ddl::column_sql(dialect, adoption.table, &adopted);
        let stated = found
            .column(column.name)
            .and_then(|one| one.default.as_deref());
        if let (ColumnType::DateTime { .. }, Some(default)) = (column.column_type, stated) {
            // The other program omits the times that the database sets.
            let null = if column.nullable {
                " NULL"
            } else {
                " NOT NULL"
            };
            let default = default_of(default);
            definition = definition.replacen(null, &format!("{null} DEFAULT {default}"), 1);
        }
        let is_key = adoption.table.primary_key.contains(&column.name);
        all.push(if is_key && counted {
            definition.replacen(" PRIMARY KEY", " PRIMARY KEY AUTOINCREMENT", 1)
        } else {
            definition
        });
    }
    for column in found.further(adoption.table) {
        all.push(further(dialect, adoption, column)?);
    }
    all.extend(primary_key(dialect, adoption, counted));
    Ok(all)
}

/// The columns as they were declared.
fn loose(
    dialect: &'static Dialect,
    adoption: &'static Adoption,
    found: &Found,
    counted: bool,
) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for column in &found.0.columns {
        let mut columns = adoption.table.columns.iter();
        let is_optional = columns.any(|one| one.name == column.name && one.nullable);
        let column = IntrospectedColumn {
            nullable: column.nullable || is_optional,
            ..column.clone()
        };
        all.push(further(dialect, adoption, &column)?);
    }
    all.extend(primary_key(dialect, adoption, counted));
    Ok(all)
}

/// The primary key, if it is not part of a column.
fn primary_key(dialect: &Dialect, adoption: &Adoption, counted: bool) -> Option<String> {
    let table = adoption.table;
    let names = table.primary_key.iter().copied();
    (!counted && !ddl::is_rowid(dialect, table))
        .then(|| format!("PRIMARY KEY ({})", ddl::names(dialect, names)))
}

fn further(dialect: &Dialect, adoption: &Adoption, column: &IntrospectedColumn) -> Result<String> {
    if column.generated {
        let why = "it has a generated column that is not described";
        return Err(refused(adoption.table, why).with_column(column.name.clone()));
    }
    let mut definition = format!("{} {}", quote(dialect, &column.name), column.sql_type);
    if let Some(default) = &column.default {
        definition.push_str(&format!(" DEFAULT {}", default_of(default)));
    }
    if !column.nullable {
        definition.push_str(" NOT NULL");
    }
    Ok(definition)
}

/// A default as it is declared: an expression in parentheses, a literal without, since a text in double quotes is a
/// literal only there.
fn default_of(default: &str) -> String {
    let is_text = |quote: char| default.len() > 1 && default.starts_with(quote);
    let is_word = default
        .chars()
        .all(|one| one.is_ascii_alphanumeric() || "+-._".contains(one));
    if is_text('\'') || is_text('"') || is_word {
        default.to_owned()
    } else {
        format!("({default})")
    }
}

/// The texts that a query about a table returns.
async fn texts(connection: &mut dyn Connection, sql: &str, table: &str) -> Result<Vec<String>> {
    const TEXT: [ColumnDef; 1] = [ColumnDef {
        nullable: true,
        ..ColumnDef::new("text", ColumnType::LongText)
    }];
    let mut all = Vec::new();
    let mut visit = |row: &dyn RowReader| {
        all.extend(row.text(0)?.map(str::to_owned));
        Ok(())
    };
    connection
        .query(&Arc::from(sql), &[text(table)], &TEXT, &mut visit)
        .await?;
    Ok(all)
}
