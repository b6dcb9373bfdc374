//! Queries of the catalog, the same on `MySQL` and `MariaDB`. Their parameters are the database of a
//! table, empty for that of the connection, and its name.

use genledger_contract::table::ColumnDef;
use genledger_contract::table::ColumnType::{Bool, I64, LongText};
use genledger_sqlx::CatalogQuery;

/// The kind and the engine of the table; no row if it does not exist.
pub(super) const TABLES: CatalogQuery = CatalogQuery {
    sql: "SELECT table_type, coalesce(engine, '') FROM information_schema.tables \
        WHERE table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ?",
    columns: &[
        ColumnDef::new("kind", LongText),
        ColumnDef::new("engine", LongText),
    ],
};

/// For each column: name, type, name of the type, sizes, collation, whether it is nullable, whether the
/// server fills it, digits of a time, and the default after a `=`, or nothing.
pub(super) const COLUMNS: CatalogQuery = CatalogQuery {
    sql: "SELECT column_name, column_type, data_type, \
            CAST(coalesce(character_maximum_length, -1) AS SIGNED), \
            CAST(coalesce(numeric_precision, -1) AS SIGNED), \
            CAST(coalesce(numeric_scale, -1) AS SIGNED), \
            coalesce(collation_name, ''), is_nullable, \
            coalesce(generation_expression, '') <> '' OR column_default IS NOT NULL \
                OR extra LIKE '%auto_increment%', \
            CAST(coalesce(datetime_precision, -1) AS SIGNED), \
            coalesce(concat('=', column_default), '') \
        FROM information_schema.columns \
        WHERE table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ? \
        ORDER BY ordinal_position",
    columns: &[
        ColumnDef::new("name", LongText),
        ColumnDef::new("sql_type", LongText),
        ColumnDef::new("type_name", LongText),
        ColumnDef::new("chars", I64),
        ColumnDef::new("precision", I64),
        ColumnDef::new("scale", I64),
        ColumnDef::new("collation", LongText),
        ColumnDef::new("nullable", LongText),
        ColumnDef::new("filled", Bool),
        ColumnDef::new("digits", I64),
        ColumnDef::new("default", LongText),
    ],
};

/// Each column of each index, in order. An expression has no name; the length of a prefix is part of
/// the name, so that it is not taken for the column.
pub(super) const INDEXES: CatalogQuery = CatalogQuery {
    sql: "SELECT index_name, non_unique, \
            coalesce(concat(column_name, coalesce(concat('(', sub_part, ')'), '')), ''), \
            coalesce(collation, 'A') = 'D' \
        FROM information_schema.statistics \
        WHERE table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ? \
        ORDER BY index_name, seq_in_index",
    columns: &[
        ColumnDef::new("index", LongText),
        ColumnDef::new("may_repeat", Bool),
        ColumnDef::new("column", LongText),
        ColumnDef::new("descending", Bool),
    ],
};
