//! The questions to the catalogue. A table is looked up as a statement would look it up: by the
//! search path, unless it names its schema.

use genledger_contract::table::ColumnType::{Bool, I64, LongText};
use genledger_sqlx::{Question, answer_column};

/// Whether there is such a table, and of which kind.
pub(super) const TABLES: Question = Question {
    sql: "SELECT c.relkind::text FROM pg_class c WHERE c.oid = to_regclass($1)",
    columns: &[answer_column("kind", LongText)],
};

/// Name, type, name of the type (`enum` for all of them) and its modifier, collation, NULL allowed, filled by the server (a
/// generated column has its expression as a default), default behind a sign that there is one.
///
/// What the collation `default` means is the database's, and is not `datcollate` where ICU (i) or the
/// server itself (b) provides it. Servers before 15 have no such columns, so they are looked up in a
/// copy of the row; they have no other provider either.
pub(super) const COLUMNS: Question = Question {
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
        answer_column("name", LongText),
        answer_column("sql_type", LongText),
        answer_column("type_name", LongText),
        answer_column("modifier", I64),
        answer_column("collation", LongText),
        answer_column("nullable", Bool),
        answer_column("filled", Bool),
        answer_column("default", LongText),
    ],
};

/// The definitions of the CHECK constraints that hold for all rows.
pub(super) const CHECKS: Question = Question {
    sql: "SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k \
        WHERE k.conrelid = to_regclass($1) AND k.contype = 'c' AND k.convalidated",
    columns: &[answer_column("definition", LongText)],
};

/// Each column of each valid index, in order; the name of an expression is empty.
pub(super) const INDEXES: Question = Question {
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
        answer_column("index", LongText),
        answer_column("is_primary", Bool),
        answer_column("is_unique", Bool),
        answer_column("condition", LongText),
        answer_column("column", LongText),
        answer_column("descending", Bool),
    ],
};
