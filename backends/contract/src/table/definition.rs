//! The static description of a table: the one source of migrations, checks, statements and
//! documentation.

use crate::table::kind::ColumnType;

/// A table as constant data. `#[derive(Entity)]` writes it from the struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableDef {
    /// The table's name, lower snake case.
    pub name: &'static str,
    /// The schema that it is in, or the database on `MySQL`, which only a [`Layout`](crate::schema::Layout) says; the
    /// connection's own without one.
    pub schema: Option<&'static str>,
    /// The description: the doc comment of the entity.
    pub description: &'static str,
    /// The columns in the order in which rows are written and read.
    pub columns: &'static [ColumnDef],
    /// The names of the primary key's columns, in order; never empty.
    pub primary_key: &'static [&'static str],
    /// Unique keys beside the primary key.
    pub unique: &'static [UniqueDef],
    /// Indexes that are not unique.
    pub indexes: &'static [IndexDef],
    /// The boolean column that marks a row as deleted, if rows are deleted softly.
    pub soft_delete: Option<&'static str>,
    /// The `i64` column that every update increments, if rows have a version for optimistic locking.
    pub version: Option<&'static str>,
    /// Whether rows never change once written: updates and upserts do not compile.
    pub append_only: bool,
    /// The column by whose months of UTC the table is partitioned, which only a [`Layout`](crate::schema::Layout)
    /// says.
    pub partitioned_by: Option<&'static str>,
}

/// A column as constant data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnDef {
    /// The column's name, lower snake case; reserved words are quoted by the dialects.
    pub name: &'static str,
    /// The name of the member in JSON; `None` if the column is not in JSON.
    pub member: Option<&'static str>,
    /// The declared type.
    pub column_type: ColumnType,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// The default of the column in the database.
    pub default: Option<DefaultValue>,
    /// Bounds of an integer column, both inclusive, enforced in Rust and by a CHECK.
    pub range: Option<(i64, i64)>,
    /// The description: the doc comment of the field.
    pub description: &'static str,
    /// The known codes of a coded enum.
    pub codes: &'static [CodeDef],
    /// Whether values are secrets or personal data that no log may show.
    pub sensitive: bool,
    /// SQL types that replace the dialect's own choice, for tables that an application has already.
    pub sql_types: &'static [SqlType],
}

/// The SQL type of a column in one dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqlType {
    /// The dialect's name, as in [`Capability::dialect`](crate::store::Capability).
    pub dialect: &'static str,
    /// The type as the dialect spells it.
    pub sql: &'static str,
}

/// A default in the database. The library always writes every column; defaults serve other writers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    /// A boolean.
    Bool(bool),
    /// An integer of any width.
    Integer(i64),
    /// A decimal, spelled out.
    Decimal(&'static str),
    /// Text.
    Text(&'static str),
}

/// One known code of a coded enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeDef {
    /// The code as it is stored.
    pub code: Code,
    /// The variant's name.
    pub name: &'static str,
    /// The description: the doc comment of the variant.
    pub description: &'static str,
}

/// A stored code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// A numeric code.
    Integer(i64),
    /// A text code.
    Text(&'static str),
}

/// A unique key beside the primary key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UniqueDef {
    /// The constraint's name, unique in the database.
    pub name: &'static str,
    /// The columns in order. A row with a NULL in one of them collides with no other row.
    pub columns: &'static [&'static str],
    /// Whether only rows that are not softly deleted count.
    pub live_only: bool,
}

/// An index that is not unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexDef {
    /// The index's name, unique in the database.
    pub name: &'static str,
    /// The columns in order.
    pub columns: &'static [IndexColumn],
}

/// A column of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexColumn {
    /// The column's name.
    pub name: &'static str,
    /// Whether the greatest value comes first.
    pub descending: bool,
}

impl ColumnDef {
    /// A column of this type that is never NULL, and of which nothing else is known: one of a query's result, for
    /// example.
    #[must_use]
    pub const fn new(name: &'static str, column_type: ColumnType) -> Self {
        Self {
            name,
            member: None,
            column_type,
            nullable: false,
            default: None,
            range: None,
            description: "",
            codes: &[],
            sensitive: false,
            sql_types: &[],
        }
    }
}

impl TableDef {
    /// The position of the column with this name.
    #[must_use]
    pub const fn position(&self, name: &str) -> Option<usize> {
        let mut index = 0;
        while index < self.columns.len() {
            if same(self.columns[index].name, name) {
                return Some(index);
            }
            index += 1;
        }
        None
    }

    /// The position of the version's column, if rows have a version.
    #[must_use]
    pub const fn version_position(&self) -> Option<usize> {
        match self.version {
            Some(name) => self.position(name),
            None => None,
        }
    }

    /// The positions of the primary key's columns, in key order.
    #[must_use]
    pub fn key_positions(&self) -> Vec<usize> {
        self.positions(self.primary_key)
    }

    /// The positions of the named columns. Names that do not exist are left out; the const check
    /// refuses a table that has such names.
    #[must_use]
    pub fn positions(&self, names: &[&str]) -> Vec<usize> {
        names
            .iter()
            .filter_map(|name| self.position(name))
            .collect()
    }

    /// Whether the column is part of the primary key or of a unique key.
    #[must_use]
    pub fn is_key_column(&self, name: &str) -> bool {
        self.primary_key.contains(&name)
            || self.unique.iter().any(|key| key.columns.contains(&name))
    }
}

/// Whether two names are the same, while the crate of an entity is compiled.
pub(crate) const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}
