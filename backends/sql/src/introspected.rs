//! A table as the database describes it, in terms that all dialects share.

use genledger_contract::Severity;

/// A table as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IntrospectedTable {
    /// The columns.
    pub columns: Vec<IntrospectedColumn>,
    /// The names of the primary key's columns, in order.
    pub primary_key: Vec<String>,
    /// Unique keys beside the primary key.
    pub unique: Vec<IntrospectedIndex>,
    /// Indexes that are not unique.
    pub indexes: Vec<IntrospectedIndex>,
    /// The definitions of CHECK constraints as the database spells them, or one text that has all of
    /// them: the statement that made the table.
    pub checks: Vec<String>,
    /// Remarks on the table itself that are no part of the model, one for each problem, and what it
    /// leads to: `is not STRICT`.
    pub remarks: Vec<(Severity, String)>,
}

/// A column as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntrospectedColumn {
    /// The name.
    pub name: String,
    /// The type as the database spells it, for people.
    pub sql_type: String,
    /// What the type holds.
    pub class: TypeClass,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Whether text compares byte by byte; `true` for everything that is not text.
    pub binary_collation: bool,
    /// Whether the database computes it, so that no entity has it.
    pub generated: bool,
    /// The default as the database spells it.
    pub default: Option<String>,
}

/// What a column type holds, without the spelling of a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeClass {
    /// A boolean type of its own (`PostgreSQL`).
    Bool,
    /// A signed integer of this many bytes: 1 (TINYINT), 2, 3, 4 or 8.
    Integer {
        /// The width.
        bytes: u8,
    },
    /// An exact decimal.
    Decimal {
        /// Digits in all.
        precision: u32,
        /// Digits after the point.
        scale: u32,
    },
    /// Text of at most so many characters; `None` when it has no bound below 2^31.
    Text {
        /// The bound.
        max_chars: Option<u64>,
    },
    /// Bytes.
    Bytes,
    /// A JSON type that keeps its text (`json` of `PostgreSQL`).
    Json,
    /// A moment with so many digits after the second.
    DateTime {
        /// The digits.
        digits: u8,
    },
    /// Anything else, a float among them.
    Other,
}

/// A key or an index as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IntrospectedIndex {
    /// The name.
    pub name: String,
    /// The columns in order and whether the greatest value comes first.
    pub columns: Vec<(String, bool)>,
    /// Whether the key holds for rows only that are not softly deleted: a partial index with that
    /// condition, or on `MySQL` a generated column `_live_<name>` among the columns, which is then
    /// left out of `columns`.
    pub live_only: bool,
}
