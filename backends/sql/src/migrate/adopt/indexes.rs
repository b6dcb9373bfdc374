//! The indexes of an adopted table.

use genledger_contract::schema::{Adoption, OtherIndexes};
use genledger_contract::table::IndexDef;

use super::found::Found;
use super::names::quote;
use super::unit::Change;
use crate::ddl;
use crate::dialect::{Dialect, Family};
use crate::introspected::IntrospectedIndex;
use crate::verify::compare::serves_index;

/// The statements that create the missing indexes, and drop those that are not described if they are not kept.
pub(super) fn statements(
    dialect: &'static Dialect,
    adoption: &'static Adoption,
    found: &Found,
) -> Vec<Change> {
    let table = quote(dialect, adoption.table.name);
    let missing: Vec<&IndexDef> = missing(adoption, found).collect();
    let in_the_way = |index: &IntrospectedIndex| missing.iter().any(|one| one.name == index.name);
    let dropped: Vec<String> = other(adoption, found)
        .filter(|index| adoption.other_indexes == OtherIndexes::Drop || in_the_way(index))
        .map(|index| quote(dialect, &index.name))
        .collect();
    let created = |index: &IndexDef| ddl::create_index_sql(dialect, adoption.table, index);
    match dialect.family() {
        Family::Sqlite => {
            let dropped = dropped.iter().map(|name| format!("DROP INDEX {name}"));
            let statements: Vec<String> = dropped
                .chain(missing.iter().map(|index| created(index)))
                .collect();
            let change = (!statements.is_empty()).then_some(Change::Together(statements));
            change.into_iter().collect()
        }
        Family::Postgres => {
            let drop = |name: &str| {
                Change::Alone(
                    format!("DROP INDEX CONCURRENTLY IF EXISTS {name}"),
                    format!("DROP INDEX IF EXISTS {name}"),
                )
            };
            let mut all: Vec<Change> = dropped.iter().map(|name| drop(name)).collect();
            for index in missing {
                // An interrupted creation leaves an index that is not valid.
                all.push(drop(&quote(dialect, index.name)));
                let sql = created(index);
                let alone = sql.replacen("CREATE INDEX", "CREATE INDEX CONCURRENTLY", 1);
                all.push(Change::Alone(alone, sql));
            }
            all
        }
        Family::MySql => {
            let mut changes: Vec<String> = dropped
                .iter()
                .map(|name| format!("DROP INDEX {name}"))
                .collect();
            changes.extend(missing.iter().map(|index| {
                let key = ddl::key_sql(dialect, adoption.table, index);
                format!("ADD {key}")
            }));
            let sql = format!("ALTER TABLE {table} {}", changes.join(", "));
            let change = (!changes.is_empty()).then_some(Change::Together(vec![sql]));
            change.into_iter().collect()
        }
    }
}

/// The described indexes that do not exist.
fn missing<'f>(
    adoption: &'static Adoption,
    found: &'f Found,
) -> impl Iterator<Item = &'static IndexDef> + 'f {
    let indexes = &found.0.indexes;
    let exists = move |index: &IndexDef| indexes.iter().any(|one| serves_index(index, one));
    adoption
        .table
        .indexes
        .iter()
        .filter(move |index| !exists(index))
}

/// The indexes that are not described. Unique ones are not among them.
fn other<'f>(
    adoption: &'static Adoption,
    found: &'f Found,
) -> impl Iterator<Item = &'f IntrospectedIndex> {
    let described = |index: &IntrospectedIndex| {
        let mut all = adoption.table.indexes.iter();
        all.any(|one| serves_index(one, index))
    };
    let all = found.0.indexes.iter();
    all.filter(move |index| !described(index))
}
