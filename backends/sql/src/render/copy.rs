//! Renders binary COPY statements of `PostgreSQL`.

use genledger_contract::table::{ColumnDef, ColumnType, TableDef};

use crate::ddl::{names, quote, table_name};
use crate::dialect::Dialect;
use crate::dialect::types::element;

/// A binary COPY into the columns of a table. The bytes of a value do not contain its type: a time
/// could be read as a number. So the statement has a condition that the server only accepts if every
/// column has exactly the type that the values are sent as; it is always true, and the server removes
/// it before it reads a row. `array_fill` allows neither implicit conversions nor arrays.
pub(super) fn copy(dialect: &Dialect, table: &TableDef) -> String {
    let typed: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let name = quote(dialect, column.name);
            format!("array_fill({name}, NULL) = NULL::{}[]", stored_type(column))
        })
        .collect();
    format!(
        "COPY {} ({}) FROM STDIN (FORMAT binary) WHERE true OR ({})",
        table_name(dialect, table),
        names(dialect, table.columns.iter().map(|column| column.name)),
        typed.join(" AND "),
    )
}

/// A query that returns a row if the table has rules, which COPY does not apply.
pub(super) fn rules(dialect: &Dialect, table: &TableDef) -> String {
    format!(
        "SELECT 1 FROM pg_catalog.pg_class WHERE oid = '{}'::regclass AND relhasrules",
        table_name(dialect, table),
    )
}

/// The type of a column without its length, which does not affect the format of its values.
fn stored_type(column: &ColumnDef) -> &'static str {
    match column.column_type {
        ColumnType::Text { .. } | ColumnType::Uuid(_) => "varchar",
        column_type => element(column_type.kind()),
    }
}

#[cfg(test)]
mod tests {
    use genledger_contract::Entity;
    use genledger_contract::schema::Layout;

    use crate::dialect::{MYSQL, POSTGRES, POSTGRES_UNLOCKED, SQLITE};
    use crate::lower::copy_in;

    /// A word.
    #[derive(Clone, Debug, Entity)]
    #[entity(crate = genledger_contract, table = "words", key(id))]
    struct Word {
        /// Its number.
        id: i64,
        /// The word.
        #[column(max_chars = 40)]
        word: String,
        /// How it is used.
        usage: Option<String>,
    }

    #[test]
    fn every_type_is_asked_for() {
        let copy = copy_in(&POSTGRES, Word::TABLE).unwrap();
        assert_eq!(
            &*copy.sql,
            "COPY \"words\" (\"id\", \"word\", \"usage\") FROM STDIN (FORMAT binary) WHERE true OR \
             (array_fill(\"id\", NULL) = NULL::bigint[] \
             AND array_fill(\"word\", NULL) = NULL::varchar[] \
             AND array_fill(\"usage\", NULL) = NULL::text[])"
        );
    }

    #[test]
    fn values_that_are_converted_are_not_copied() {
        let renamed = Layout::new().table::<Word>("terms").schema::<Word>("book");
        let typed = Layout::new().column(Word::ID, "integer");
        let placed = |layout: &Layout| POSTGRES.with_layout(layout).unwrap();
        let copy = copy_in(placed(&renamed), Word::TABLE).unwrap();
        assert!(copy.sql.starts_with("COPY \"book\".\"terms\" (\"id\""));
        assert!(copy.rules.contains("'\"book\".\"terms\"'::regclass"));
        assert!(copy_in(placed(&typed), Word::TABLE).is_none());
        for dialect in [&POSTGRES_UNLOCKED, &MYSQL, &SQLITE] {
            assert!(copy_in(dialect, Word::TABLE).is_none());
        }
    }
}
