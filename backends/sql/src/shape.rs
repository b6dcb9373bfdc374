//! The shape of a statement: everything except its values, which makes it the cache key of its SQL.
//!
//! A value is represented by its position among the values of the statement. Positions are assigned in
//! the order of the statement, so that equal shapes have equal positions.

use std::hash::{Hash, Hasher};
use std::ops::Deref;

use genledger_contract::statement::{Comparison, Group, Measure, OrderBy};
use genledger_contract::table::{Kind, TableDef};

/// The position of a value among the values of a statement.
pub(crate) type Slot = usize;

/// A statement without its values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    Select(SelectShape),
    Insert(InsertShape),
    /// A COPY into a table, if the dialect supports it.
    Copy(Table),
    /// Whether a table has rules.
    Rules(Table),
    Update {
        table: Table,
        assignments: Vec<AssignmentShape>,
        filter: Condition,
        /// Whether the rows are returned.
        returning: bool,
    },
    /// Many updates of one shape, if the dialect has arrays.
    UpdateEach(UpdateEachShape),
    /// A claim in one statement, if the dialect supports it.
    Claim(ClaimShape),
    Delete {
        table: Table,
        filter: Condition,
    },
    Aggregate {
        table: Table,
        filter: Condition,
        groups: Vec<Group>,
        measures: Vec<Measure>,
    },
    CappedCount {
        table: Table,
        filter: Condition,
        limit: Slot,
    },
}

/// Updates of rows with different keys. The slots are those of one of them; each is a column of values,
/// and the last column numbers the updates.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct UpdateEachShape {
    pub(crate) table: Table,
    pub(crate) assignments: Vec<AssignmentShape>,
    pub(crate) filter: Condition,
    /// The kinds of the values, by slot.
    pub(crate) kinds: Vec<Kind>,
    /// Whether the rows are returned, before the numbers of their updates.
    pub(crate) returning: bool,
}

/// The kind of the numbers of such updates.
pub(crate) const NUMBER: Kind = Kind::I64;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClaimShape {
    pub(crate) table: Table,
    pub(crate) assignments: Vec<AssignmentShape>,
    /// The condition of the candidates, and its repetition in the update.
    pub(crate) filter: [Condition; 2],
    pub(crate) order: Vec<OrderBy>,
    pub(crate) limit: Slot,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SelectShape {
    pub(crate) table: Table,
    pub(crate) columns: Vec<usize>,
    pub(crate) filter: Condition,
    pub(crate) order: Vec<OrderBy>,
    pub(crate) limit: Option<Slot>,
    pub(crate) lock: Lock,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct InsertShape {
    pub(crate) table: Table,
    pub(crate) rows: usize,
    /// The assignments to a row that is present; empty for a plain insert.
    pub(crate) on_present: Vec<AssignmentShape>,
    /// Whether a row whose key exists is skipped instead of failing.
    pub(crate) unless_taken: bool,
    /// Whether the driver binds the rows, as arrays or as values.
    pub(crate) bulk: bool,
}

/// The lock of a select, if the dialect has locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lock {
    /// None.
    No,
    /// Rows cannot be changed before the end of the transaction.
    Share,
    /// Only this transaction can change the rows, which are selected by their primary key.
    Update,
    /// Rows that other transactions have locked are skipped.
    SkipLocked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AssignmentShape {
    pub(crate) column: usize,
    pub(crate) action: ActionShape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ActionShape {
    Set(Slot),
    Add(Slot),
    Inserted,
    AddInserted,
    /// By the key of the row.
    SetByKey(Cases),
    /// By the key of the row.
    AddByKey(Cases),
}

/// A value for each of several keys, as slots: the values of a key, the value for it, then the next key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cases {
    pub(crate) first: Slot,
    pub(crate) count: usize,
}

/// A condition that every dialect can render directly.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Condition {
    True,
    False,
    /// Neither: NULL.
    Unknown,
    Compare {
        column: usize,
        comparison: Comparison,
        slot: Slot,
        text: TextAs,
    },
    /// A comparison with another column of the row, after adding a value.
    CompareColumns {
        column: usize,
        plus: Option<Slot>,
        comparison: Comparison,
        other: usize,
    },
    In {
        column: usize,
        first: Slot,
        count: usize,
        text: TextAs,
    },
    IsNull {
        column: usize,
    },
    /// The text begins with these bytes.
    PrefixBytes {
        column: usize,
        slot: Slot,
    },
    Contains {
        column: usize,
        slot: Slot,
    },
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    /// A condition of a row whose primary key is given. No index is used for it.
    OfKey(Box<Condition>),
}

/// How text is compared. There is no difference if the column compares exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TextAs {
    /// As the column compares, which can use an index.
    Column,
    /// Byte by byte.
    Bytes,
    /// As the library reads it, if it differs from the stored value. It cannot use an index.
    Read,
}

/// A table in the database, hashed by its name: descriptions are constants and may have several
/// addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table(&'static TableDef);

impl Table {
    /// A table as [`Dialect::place`](crate::Dialect) returns it.
    pub(crate) const fn new(placed: &'static TableDef) -> Self {
        Self(placed)
    }

    /// Its description.
    pub(crate) const fn get(self) -> &'static TableDef {
        self.0
    }
}

impl Deref for Table {
    type Target = TableDef;

    fn deref(&self) -> &TableDef {
        self.0
    }
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0) || self.0 == other.0
    }
}

impl Eq for Table {}

impl Hash for Table {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.name.hash(state);
    }
}
