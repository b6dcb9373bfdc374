//! The questions to the catalogue, which `MySQL` and `MariaDB` answer alike. They name a table by
//! its database, empty for that of the connection, and its name.

use genledger_contract::table::ColumnType::{Bool, I64, LongText};
use genledger_sqlx::{Question, answer_column};

/// Whether there is such a table, of which kind, and of which engine.
pub(super) const TABLES: Question = Question {
    sql: "SELECT table_type, coalesce(engine, '') FROM information_schema.tables \
        WHERE table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ?",
    columns: &[
        answer_column("kind", LongText),
        answer_column("engine", LongText),
    ],
};

/// Name, type, its name, its sizes, collation, NULL allowed, filled by the server, digits of a time,
/// default behind a sign that there is one.
pub(super) const COLUMNS: Question = Question {
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
        answer_column("name", LongText),
        answer_column("sql_type", LongText),
        answer_column("type_name", LongText),
        answer_column("chars", I64),
        answer_column("precision", I64),
        answer_column("scale", I64),
        answer_column("collation", LongText),
        answer_column("nullable", LongText),
        answer_column("filled", Bool),
        answer_column("digits", I64),
        answer_column("default", LongText),
    ],
};

/// Each column of each index, in order; an expression has no name, and the beginning of a text is
/// not the text.
pub(super) const INDEXES: Question = Question {
    sql: "SELECT index_name, non_unique, \
            coalesce(concat(column_name, coalesce(concat('(', sub_part, ')'), '')), ''), \
            coalesce(collation, 'A') = 'D' \
        FROM information_schema.statistics \
        WHERE table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ? \
        ORDER BY index_name, seq_in_index",
    columns: &[
        answer_column("index", LongText),
        answer_column("may_repeat", Bool),
        answer_column("column", LongText),
        answer_column("descending", Bool),
    ],
};
