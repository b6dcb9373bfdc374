//! Names from the catalog, which are not those of a description: any text.

use crate::dialect::{Dialect, Family};

/// A quoted identifier, in which the quote is doubled.
pub(super) fn quote(dialect: &Dialect, name: &str) -> String {
    let quote = match dialect.family() {
        Family::Sqlite | Family::Postgres => '"',
        Family::MySql => '`',
    };
    let doubled = name.replace(quote, &format!("{quote}{quote}"));
    format!("{quote}{doubled}{quote}")
}

/// The column by whose values the table is read in batches. On SQLite that is the rowid, since a key that is not the
/// rowid may be NULL there.
pub(super) fn batch_key(dialect: &Dialect, key: &str) -> String {
    match dialect.family() {
        Family::Sqlite => "rowid".to_owned(),
        Family::Postgres | Family::MySql => quote(dialect, key),
    }
}

/// A placeholder: the number counts from 1.
pub(super) fn placeholder(dialect: &Dialect, number: usize) -> String {
    match dialect.family() {
        Family::Postgres => format!("${number}"),
        Family::Sqlite | Family::MySql => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::quote;
    use crate::dialect::{MYSQL, POSTGRES};

    #[test]
    fn quotes_in_names_are_doubled() {
        assert_eq!(quote(&POSTGRES, "a\"b"), "\"a\"\"b\"");
        assert_eq!(quote(&MYSQL, "a`b\"c"), "`a``b\"c`");
    }
}
