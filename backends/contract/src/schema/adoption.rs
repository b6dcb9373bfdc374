//! Tables that another program created, and how they become those of a migration set.

use crate::table::definition::{ColumnDef, DefaultValue, TableDef};

/// How a table that another program created becomes the described one, without losing a row.
///
/// Each step reads in the catalog what is missing, so that any starting form is accepted and an interrupted
/// adoption continues where it was:
///
/// 1. Columns with another name are renamed, missing ones are added. Further columns are kept.
/// 2. Unique keys that the described ones replace are replaced. Of live rows that are equal in such a key, all but the
///    newest become deleted ones.
/// 3. Rows are repaired in batches of 1,000 by key: [`Correction`]s are made; NULL becomes the default of the column or
///    its [`Fill`]; a time in another unit, recognized by its magnitude, becomes one of the column's unit. A converted
///    time no longer has that magnitude, so that nothing is converted twice.
/// 4. A row that the description does not permit after that is moved to the table [`set_aside`](Self::set_aside), in the
///    same transaction, with all of its columns as they were, and the first column and rule that it violates.
/// 5. The types, defaults, NOT NULL and CHECKs of columns become the described ones where the found ones do not do.
/// 6. Missing indexes are created; see [`OtherIndexes`].
///
/// The primary key stays an auto-increment column if it was one, and columns that the other program omits have a
/// default, so that it can insert rows during the adoption and afterwards, with the described names.
///
/// An adoption that [reports](Self::reporting) records each changed value, and each kept value that the library cannot
/// use, in the table `_genledger_findings`, in the transaction of the change: id, column and rule, without
/// the value. Times that the database sets by itself when a row changes stay as they are.
///
/// | rule of a row that was set aside | meaning |
/// |---|---|
/// | `required` | NULL, in a column for which no value can be assumed |
/// | `out_of_range` | a number, code or time outside of the bounds of the column |
/// | `too_long` | more characters than the column accepts |
/// | `wrong_type` | a value of another type, which SQLite permits |
/// | `invalid_utf8` | a text that is not UTF-8, which SQLite permits |
///
/// | rule of a changed value | meaning |
/// |---|---|
/// | `null_default` | NULL became the default of the column |
/// | `no_time` | a time that is the date zero of `MySQL` became NULL |
/// | `empty_id` | an optional UUID that was an empty text became NULL |
/// | `not_boolean` | a mark of deletion other than 0 and 1 became 1 |
/// | `duplicate_live` | an older live row became deleted, since a newer one is equal in a key |
/// | `trailing_space` | the same, where only trailing spaces differ, which the described key ignores |
///
/// A [`Correction`] has a rule of its own.
///
/// | rule of a value that is kept | meaning |
/// |---|---|
/// | `unrecognized_code` | a code that this version does not know |
/// | `not_a_uuid` | an id that is not a UUID as the library writes it: the row cannot be read |
///
/// A [`Check`] has a rule of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The table as it becomes; one of its set, with a primary key of one column, an integer or a text.
    pub table: &'static TableDef,
    /// Columns that may have another name.
    pub renamed: &'static [RenamedColumn],
    /// Values for NULL in required columns without a default.
    pub fills: &'static [Fill],
    /// The table for rows that cannot be adopted; it is created when an adoption begins.
    pub set_aside: &'static str,
    /// What becomes of indexes that the description does not have.
    pub other_indexes: OtherIndexes,
    /// The columns of unique keys of existing tables that the described ones replace.
    pub replaced_keys: &'static [&'static [&'static str]],
    /// The column by which the newest of rows that are equal in a key is found, before the primary key.
    pub newest_by: Option<&'static str>,
    /// Changes of rows, in order, before NULL is filled.
    pub corrections: &'static [Correction],
    /// Further rules whose violations are kept and reported.
    pub checks: &'static [Check],
    /// Whether changed values and those that are kept are reported.
    pub reports: bool,
}

/// A column that has another name in existing tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenamedColumn {
    /// The name in existing tables.
    pub from: &'static str,
    /// The described name.
    pub to: &'static str,
}

/// The value of a required column where an existing row has NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The column, which has no default.
    pub column: &'static str,
    /// The value.
    pub value: DefaultValue,
}

/// What becomes of the indexes of an adopted table that its description does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtherIndexes {
    /// They are kept, for other programs that read the table. They slow each insert down.
    Keep,
    /// They are dropped. Unique ones are kept, since they are rules.
    Drop,
}

/// A change of rows that another program has left in a state which the description does not permit, or which means
/// something else here. It depends on more than the changed column, unlike a [`Fill`].
///
/// Of several with one `column`, the first whose conditions hold is made. Conditions and values must not depend on what
/// others change: the databases differ in whether they see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The column that is reported.
    pub column: &'static str,
    /// The rule that is reported.
    pub rule: &'static str,
    /// The rows: all of these hold. The changes end at least one of them, so that no row is changed twice.
    pub when: &'static [When],
    /// The new values.
    pub set: &'static [Assignment],
}

/// A condition on a column of an existing row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// There is no value: NULL, and in a column of times the date zero of `MySQL`.
    Missing(&'static str),
    /// There is a value.
    Present(&'static str),
    /// A JSON value that is not empty: neither NULL nor `null`, `[]` or an empty text.
    HasItems(&'static str),
}

/// A new value of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The column.
    pub column: &'static str,
    /// The value.
    pub value: NewValue,
}

/// Where a new value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewValue {
    /// A constant.
    Value(DefaultValue),
    /// Another column of the row.
    Column(&'static str),
    /// The time of the database.
    Now,
}

/// A rule about a column. Rows that violate it are kept as they are, and reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// The column.
    pub column: &'static str,
    /// The rule that is reported.
    pub rule: &'static str,
    /// What is expected, where there is a value.
    pub expects: Expects,
}

/// What a [`Check`] expects of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expects {
    /// One of these numbers.
    OneOf(&'static [i64]),
    /// A JSON list of texts, or the JSON value null.
    TextList,
}

/// A row of an adopted table that was changed, is reported, or was set aside. It does not contain the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The table.
    pub table: String,
    /// The primary key of the row, as text; `None` where even that cannot be read.
    pub id: Option<String>,
    /// The column.
    pub column: String,
    /// The rule; see [`Adoption`].
    pub rule: String,
}

impl Expects {
    /// Whether a stored value is as expected, given as its text.
    #[must_use]
    pub fn allows(self, text: &str) -> bool {
        match self {
            Self::OneOf(all) => text.parse().is_ok_and(|number| all.contains(&number)),
            Self::TextList => serde_json::from_str::<Option<Vec<String>>>(text).is_ok(),
        }
    }
}

impl Adoption {
    /// An adoption of a table whose columns have the described names. Other indexes are kept.
    #[must_use]
    pub const fn of(table: &'static TableDef, set_aside: &'static str) -> Self {
        Self {
            table,
            renamed: &[],
            fills: &[],
            set_aside,
            other_indexes: OtherIndexes::Keep,
            replaced_keys: &[],
            newest_by: None,
            corrections: &[],
            checks: &[],
            reports: false,
        }
    }

    /// The same with columns that may have another name.
    #[must_use]
    pub const fn renaming(mut self, renamed: &'static [RenamedColumn]) -> Self {
        self.renamed = renamed;
        self
    }

    /// The same with values for NULL in required columns without a default.
    #[must_use]
    pub const fn filling(mut self, fills: &'static [Fill]) -> Self {
        self.fills = fills;
        self
    }

    /// The same with another treatment of indexes that are not described.
    #[must_use]
    pub const fn with_other_indexes(mut self, other_indexes: OtherIndexes) -> Self {
        self.other_indexes = other_indexes;
        self
    }

    /// The same where the described unique keys replace those with these columns.
    #[must_use]
    pub const fn replacing_keys(mut self, keys: &'static [&'static [&'static str]]) -> Self {
        self.replaced_keys = keys;
        self
    }

    /// The same, where the newest of rows that are equal in a key is the one with the greatest value of a column.
    #[must_use]
    pub const fn newest_by(mut self, column: &'static str) -> Self {
        self.newest_by = Some(column);
        self
    }

    /// The same with changes of rows.
    #[must_use]
    pub const fn correcting(mut self, corrections: &'static [Correction]) -> Self {
        self.corrections = corrections;
        self
    }

    /// The same with further rules whose violations are kept and reported.
    #[must_use]
    pub const fn checking(mut self, checks: &'static [Check]) -> Self {
        self.checks = checks;
        self
    }

    /// The same, where each changed value is reported, and each that is kept and cannot be used.
    #[must_use]
    pub const fn reporting(mut self) -> Self {
        self.reports = true;
        self
    }

    /// The value for NULL in a required column: its default, or its fill; `None` where the row is set aside.
    #[must_use]
    pub fn fill(&self, column: &ColumnDef) -> Option<DefaultValue> {
        let of_column = |fill: &&Fill| fill.column == column.name;
        let fill = self.fills.iter().find(of_column).map(|fill| fill.value);
        column.default.or(fill).filter(|_| !column.nullable)
    }
}

#[cfg(test)]
mod tests {
    use super::Expects;

    #[test]
    fn stored_values_are_as_expected() {
        let codes = Expects::OneOf(&[0, 1]);
        assert!(codes.allows("1") && !codes.allows("7") && !codes.allows("x"));
        for list in ["[]", "null", " [\"a\"]"] {
            assert!(Expects::TextList.allows(list), "{list}");
        }
        for other in ["", "{}", "[1]", "\"a\"", "["] {
            assert!(!Expects::TextList.allows(other), "{other}");
        }
    }
}
