//! The sections of a table in the dictionary and in diagrams: its own columns, and those of its
//! base.

use genledger::contract::table::{ColumnDef, ColumnType, UuidFormat};
use genledger::schema::registry::EntityDef;

/// The columns that every entity with this base has, the same in all of them.
pub(crate) fn shared(entities: &[&EntityDef], base: &str) -> Vec<ColumnDef> {
    let mut with_base = entities.iter().filter(|entity| entity.base == Some(base));
    let Some(first) = with_base.next() else {
        return Vec::new();
    };
    let others: Vec<_> = with_base.collect();
    let columns = first.table.columns.iter();
    let everywhere = |column: &&ColumnDef| {
        let in_table = |entity: &&&EntityDef| entity.table.columns.contains(column);
        others.iter().all(in_table)
    };
    columns.filter(everywhere).copied().collect()
}

/// The columns of an entity that its base does not have.
pub(crate) fn own(entities: &[&EntityDef], entity: &EntityDef) -> Vec<ColumnDef> {
    let shared = entity
        .base
        .map_or_else(Vec::new, |base| shared(entities, base));
    let columns = entity.table.columns.iter();
    columns
        .filter(|column| !shared.contains(column))
        .copied()
        .collect()
}

/// The bases of a domain, each once.
pub(crate) fn bases(entities: &[&'static EntityDef]) -> Vec<&'static str> {
    let mut bases: Vec<&str> = entities.iter().filter_map(|entity| entity.base).collect();
    bases.dedup();
    bases
}

/// The type in one or two words: the kind of value, and the storage type if it differs.
pub(crate) fn type_name(column: &ColumnDef) -> String {
    let stored = match column.column_type {
        ColumnType::Bool => "bool".to_owned(),
        ColumnType::I16 => "i16".to_owned(),
        ColumnType::I32 => "i32".to_owned(),
        ColumnType::I64 => "i64".to_owned(),
        ColumnType::Decimal { precision, scale } => format!("decimal({precision},{scale})"),
        ColumnType::Text { max_chars } => format!("string({max_chars})"),
        ColumnType::LongText => "string".to_owned(),
        ColumnType::Bytes => "bytes".to_owned(),
        ColumnType::Json => "json".to_owned(),
        ColumnType::UnixSeconds => "time (unix s)".to_owned(),
        ColumnType::UnixMillis => "time (unix ms)".to_owned(),
        ColumnType::DateTime { digits } => format!("time ({digits} digits)"),
        ColumnType::Uuid(UuidFormat::Simple) => "uuid (32)".to_owned(),
        ColumnType::Uuid(UuidFormat::Hyphenated) => "uuid (36)".to_owned(),
        other => format!("{other:?}"),
    };
    if column.codes.is_empty() {
        stored
    } else {
        format!("enum ({stored})")
    }
}
