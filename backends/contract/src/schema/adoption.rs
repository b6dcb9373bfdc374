//! Tables that another program created, and how they become those of a migration set.

use crate::table::definition::{ColumnDef, DefaultValue, TableDef};

/// How a table that another program created becomes the described one, without losing a row.
///
/// Each step reads in the catalog what is missing, so that any starting form is accepted and an interrupted
/// adoption continues where it was:
///
/// 1. Columns with another name are renamed, missing ones are added. Further columns are kept.
/// 2. Rows are repaired in batches of 1,000 by key: NULL becomes the default of the column or its [`Fill`]; a time in
///    another unit, recognized by its magnitude, becomes one of the column's unit. A converted time no longer has that
///    magnitude, so that nothing is converted twice.
/// 3. A row that the description does not permit after that is moved to the table [`set_aside`](Self::set_aside), in the
///    same transaction, with all of its columns as they were, and the first column and rule that it violates.
/// 4. The types, defaults, NOT NULL and CHECKs of columns become the described ones where the found ones do not do.
/// 5. Missing indexes are created; see [`OtherIndexes`].
///
/// The primary key stays an auto-increment column if it was one, and columns that the other program omits have a
/// default, so that it can insert rows during the adoption and afterwards, with the described names.
///
/// | rule of a row that was set aside | meaning |
/// |---|---|
/// | `required` | NULL, in a column for which no value can be assumed |
/// | `out_of_range` | a number, code or time outside of the bounds of the column |
/// | `too_long` | more characters than the column accepts |
/// | `wrong_type` | a value of another type, which SQLite permits |
/// | `invalid_utf8` | a text that is not UTF-8, which SQLite permits |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// The table as it becomes; one of its set, with a primary key of one integer column.
    pub table: &'static TableDef,
    /// Columns that may have another name.
    pub renamed: &'static [RenamedColumn],
    /// Values for NULL in required columns without a default.
    pub fills: &'static [Fill],
    /// The table for rows that cannot be adopted; it is created when an adoption begins.
    pub set_aside: &'static str,
    /// What becomes of indexes that the description does not have.
    pub other_indexes: OtherIndexes,
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

/// A row that an adoption has set aside. It does not contain the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// The table in which the row was.
    pub table: String,
    /// Its primary key; `None` where even that cannot be read.
    pub id: Option<i64>,
    /// The column.
    pub column: String,
    /// The violated rule; see [`Adoption`].
    pub rule: String,
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

    /// The value for NULL in a required column: its default, or its fill; `None` where the row is set aside.
    #[must_use]
    pub fn fill(&self, column: &ColumnDef) -> Option<DefaultValue> {
        let of_column = |fill: &&Fill| fill.column == column.name;
        let fill = self.fills.iter().find(of_column).map(|fill| fill.value);
        column.default.or(fill).filter(|_| !column.nullable)
    }
}
