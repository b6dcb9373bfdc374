//! Queries of the catalog. A table is looked up as in a statement: by the search path, unless it names
//! its schema.

use genledger_contract::table::ColumnDef;
use genledger_contract::table::ColumnType::{Bool, I64, LongText};
use genledger_sqlx::CatalogQuery;

/// The kind of the table, and its partition key, or nothing; no row if it does not exist.
pub(super) const TABLES: CatalogQuery = CatalogQuery {
    sql: "SELECT c.relkind::text, coalesce(pg_get_partkeydef(c.oid), '') \
        FROM pg_class c WHERE c.oid = to_regclass($1)",
    columns: &[
        ColumnDef::new("kind", LongText),
        ColumnDef::new("partition_key", LongText),
    ],
};

/// For each column: name, type, name of the type (`enum` for every enum) and its modifier, collation,
/// whether it is nullable, whether the server fills it (the expression of a generated column is a
/// default), and the default after a `=`, or nothing.
///
/// The collation `default` is that of the database, which is not `datcollate` where ICU (i) or the
/// server itself (b) provides it. Servers before 15 have neither these columns nor other providers, so
/// the columns are read from the row as JSON.
pub(super) const COLUMNS: CatalogQuery = CatalogQuery {
    sql: "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), \
            CASE t.typtype WHEN 'e' THEN 'enum' ELSE t.typname::text END, \
            a.atttypmod::bigint, \
            coalesce(CASE WHEN c.collname IS NULL THEN '' \
                WHEN c.collname <> 'default' THEN c.collname::text \
                WHEN to_jsonb(d)->>'datlocprovider' = 'i' THEN 'icu ' || coalesce( \
                    to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale', '') \
                WHEN to_jsonb(d)->>'datlocprovider' = 'b' THEN to_jsonb(d)->>'datlocale' \
                ELSE d.datcollate::text END, ''), \
            NOT a.attnotnull, a.atthasdef OR a.attidentity <> '', \
            coalesce('=' || pg_get_expr(f.adbin, f.adrelid), '') \
        FROM pg_attribute a \
        JOIN pg_type t ON t.oid = a.atttypid \
        JOIN pg_database d ON d.datname = current_database() \
        LEFT JOIN pg_collation c ON c.oid = a.attcollation \
        LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum \
        WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped \
        ORDER BY a.attnum",
    columns: &[
        ColumnDef::new("name", LongText),
        ColumnDef::new("sql_type", LongText),
        ColumnDef::new("type_name", LongText),
        ColumnDef::new("modifier", I64),
        ColumnDef::new("collation", LongText),
        ColumnDef::new("nullable", Bool),
        ColumnDef::new("filled", Bool),
        ColumnDef::new("default", LongText),
    ],
};

/// The definitions of the CHECK constraints that hold for all rows.
pub(super) const CHECKS: CatalogQuery = CatalogQuery {
    sql: "SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k \
        WHERE k.conrelid = to_regclass($1) AND k.contype = 'c' AND k.convalidated",
    columns: &[ColumnDef::new("definition", LongText)],
};

/// Each column of each valid index, in order; the name of an expression is empty.
pub(super) const INDEXES: CatalogQuery = CatalogQuery {
    sql: "SELECT i.relname::text, x.indisprimary, x.indisunique, \
            coalesce(pg_get_expr(x.indpred, x.indrelid), ''), coalesce(a.attname, '')::text, \
            (x.indoption[k.position - 1] & 1) = 1 \
        FROM pg_index x \
        JOIN pg_class i ON i.oid = x.indexrelid \
        CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY k (attnum, position) \
        LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum \
        WHERE x.indrelid = to_regclass($1) AND x.indisvalid \
            AND k.position <= x.indnkeyatts \
        ORDER BY i.relname, k.position",
    columns: &[
        ColumnDef::new("index", LongText),
        ColumnDef::new("is_primary", Bool),
        ColumnDef::new("is_unique", Bool),
        ColumnDef::new("condition", LongText),
        ColumnDef::new("column", LongText),
        ColumnDef::new("descending", Bool),
    ],
};
