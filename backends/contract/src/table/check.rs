//! Checks of a table description that run while the entity's crate is compiled.
//!
//! Every check tracks its caller, so that the error is reported at the entity and not in this file.

use crate::table::definition::{ColumnDef, DefaultValue, TableDef, same};
use crate::table::kind::{ColumnType, Kind};
use crate::table::width::Width;

/// The longest identifier that every supported database accepts.
const MAX_IDENTIFIER: usize = 63;

#[track_caller]
const fn identifier(name: &str) {
    let bytes = name.as_bytes();
    assert!(!bytes.is_empty(), "an identifier is empty");
    assert!(
        bytes.len() <= MAX_IDENTIFIER,
        "an identifier is longer than 63 bytes"
    );
    assert!(
        !bytes[0].is_ascii_digit(),
        "an identifier starts with a digit"
    );
    let mut index = 0;
    while index < bytes.len() {
        assert!(
            bytes[index].is_ascii_lowercase()
                || bytes[index].is_ascii_digit()
                || bytes[index] == b'_',
            "identifiers are lower snake case"
        );
        index += 1;
    }
}

impl ColumnDef {
    /// The path of the column in violations: the name of its member in JSON, or its own.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        match self.member {
            Some(member) => member,
            None => self.name,
        }
    }

    /// Fails to compile, in a const context, when the description is wrong: a decimal or a text out of
    /// bounds, a range of values other than integers, a default that the column cannot hold.
    ///
    /// # Panics
    /// When the description is wrong; in a const context that is a compile error.
    #[track_caller]
    pub const fn check(&self) {
        identifier(self.name);
        if let ColumnType::Decimal { precision, scale } = self.column_type {
            assert!(
                precision >= 1 && precision <= 18,
                "a decimal has 1 to 18 digits"
            );
            assert!(
                scale <= 6 && scale <= precision,
                "a decimal has at most 6 digits after the point"
            );
        }
        if let ColumnType::DateTime { digits } = self.column_type {
            assert!(
                digits == 3 || digits == 6,
                "a date-time has 3 or 6 digits after the second"
            );
        }
        if let ColumnType::Text { max_chars } = self.column_type {
            assert!(
                max_chars >= 1 && max_chars <= 16_383,
                "a bounded text has 1 to 16383 characters"
            );
        }
        if let Some((low, high)) = self.range {
            assert!(
                self.column_type.is_integer(),
                "only an integer column has a range"
            );
            assert!(low <= high, "a range is empty");
        }
        if let Some(default) = self.default {
            assert!(
                self.holds(default),
                "the default is not a value of its column's type"
            );
        }
    }

    const fn holds(&self, default: DefaultValue) -> bool {
        match (self.column_type.kind(), default) {
            (Kind::I16, DefaultValue::Integer(value)) => value >= -0x8000 && value <= 0x7fff,
            (Kind::I32, DefaultValue::Integer(value)) => {
                value >= -0x8000_0000 && value <= 0x7fff_ffff
            }
            (Kind::I64, DefaultValue::Integer(_))
            | (Kind::Bool, DefaultValue::Bool(_))
            | (Kind::Decimal, DefaultValue::Decimal(_))
            | (Kind::Text, DefaultValue::Text(_)) => true,
            _ => false,
        }
    }
}

impl TableDef {
    /// The position of the column with this name, which can be part of a key or an index. Otherwise it fails
    /// to compile, in a const context.
    ///
    /// # Panics
    /// When there is no such column, or when it has no bound; in a const context that is a compile
    /// error.
    #[must_use]
    #[track_caller]
    pub const fn check_indexed(&self, name: &str) -> usize {
        let Some(position) = self.position(name) else {
            panic!("a key or an index names a column that does not exist")
        };
        let column = &self.columns[position];
        assert!(
            !matches!(
                column.column_type,
                ColumnType::LongText | ColumnType::Json | ColumnType::Bytes
            ),
            "a key or an index needs bounded columns: give `max_chars` to a text"
        );
        position
    }

    /// Fails to compile, in a const context, when the description is wrong: a duplicate column or
    /// index name, a key or index over a column that does not exist or wider than a database accepts, a
    /// nullable primary key, an identifier that a database does not accept, a decimal out of bounds.
    ///
    /// # Panics
    /// When the description is wrong; in a const context that is a compile error.
    #[track_caller]
    pub const fn check(&self) {
        identifier(self.name);
        let mut index = 0;
        while index < self.columns.len() {
            self.columns[index].check();
            let mut other = 0;
            while other < index {
                assert!(
                    !same(self.columns[index].name, self.columns[other].name),
                    "two columns have the same name"
                );
                other += 1;
            }
            index += 1;
        }
        assert!(!self.primary_key.is_empty(), "a table needs a primary key");
        let mut index = 0;
        let mut width = Width::empty(false);
        while index < self.primary_key.len() {
            let position = self.check_indexed(self.primary_key[index]);
            width = width.and(self, position);
            assert!(
                !self.columns[position].nullable,
                "a primary key column is nullable"
            );
            index += 1;
        }
        width.check();
        if let Some(name) = self.soft_delete {
            let Some(position) = self.position(name) else {
                panic!("the soft-delete column does not exist")
            };
            assert!(
                matches!(self.columns[position].column_type, ColumnType::Bool),
                "the soft-delete column is not a boolean"
            );
            // Databases would differ in whether a row with NULL is deleted.
            assert!(
                !self.columns[position].nullable,
                "the soft-delete column is nullable"
            );
        }
        self.check_version();
        self.check_unique();
        self.check_indexes();
    }

    #[track_caller]
    const fn check_version(&self) {
        let Some(name) = self.version else { return };
        assert!(
            !self.append_only,
            "rows of an append-only table have no version, since they never change"
        );
        let Some(position) = self.position(name) else {
            panic!("the version column does not exist")
        };
        let column = &self.columns[position];
        assert!(
            matches!(column.column_type.kind(), Kind::I64) && !column.nullable,
            "the version column is not an `i64`"
        );
        let mut index = 0;
        while index < self.primary_key.len() {
            assert!(
                !same(self.primary_key[index], name),
                "the version column is part of the primary key"
            );
            index += 1;
        }
    }

    #[track_caller]
    const fn check_unique(&self) {
        let mut index = 0;
        while index < self.unique.len() {
            let key = &self.unique[index];
            identifier(key.name);
            assert!(!key.columns.is_empty(), "a unique key has no columns");
            assert!(
                !key.live_only || self.soft_delete.is_some(),
                "a live-only unique key needs a soft-delete column"
            );
            let mut part = 0;
            let mut width = Width::empty(key.live_only);
            while part < key.columns.len() {
                width = width.and(self, self.check_indexed(key.columns[part]));
                part += 1;
            }
            width.check();
            let mut other = 0;
            while other < index {
                assert!(
                    !same(key.name, self.unique[other].name),
                    "two keys have the same name"
                );
                other += 1;
            }
            index += 1;
        }
    }

    #[track_caller]
    const fn check_indexes(&self) {
        let mut index = 0;
        while index < self.indexes.len() {
            let def = &self.indexes[index];
            identifier(def.name);
            assert!(!def.columns.is_empty(), "an index has no columns");
            let mut part = 0;
            let mut width = Width::empty(false);
            while part < def.columns.len() {
                width = width.and(self, self.check_indexed(def.columns[part].name));
                part += 1;
            }
            width.check();
            let mut other = 0;
            while other < index {
                assert!(
                    !same(def.name, self.indexes[other].name),
                    "two indexes have the same name"
                );
                other += 1;
            }
            index += 1;
        }
    }

    /// Fails to compile, in a const context, unless rows may be upserted: a second unique key would
    /// make the outcome differ between databases.
    ///
    /// # Panics
    /// When the table has a second unique key or is append-only; in a const context that is a
    /// compile error.
    #[track_caller]
    pub const fn check_upsert(&self) {
        assert!(
            self.unique.is_empty(),
            "upsert is refused on a table with a second unique key"
        );
        self.check_update();
    }

    /// Fails to compile, in a const context, unless rows may change.
    ///
    /// # Panics
    /// When the table is append-only; in a const context that is a compile error.
    #[track_caller]
    pub const fn check_update(&self) {
        assert!(
            !self.append_only,
            "rows of an append-only table never change"
        );
    }
}
