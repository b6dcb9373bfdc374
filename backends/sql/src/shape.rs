//! The shape of a statement: all of it except for the values, so that it can be the key under which
//! its SQL is kept.
//!
//! A value is represented by its position among the values of the statement. Positions are given
//! out in the order of the statement, so that equal shapes have equal positions.

use std::hash::{Hash, Hasher};
use std::ops::Deref;

use genledger_contract::statement::{Comparison, Group, Measure, OrderBy};
use genledger_contract::table::{Kind, TableDef};

use crate::dialect::Dialect;

/// The position of a value among the values of a statement.
pub(crate) type Slot = usize;

/// A statement without its values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    Select(SelectShape),
    Insert(InsertShape),
    /// A COPY into a table, where the dialect has one.
    Copy(Table),
    /// Whether inserts into a table follow rules.
    Rules(Table),
    Update {
        table: Table,
        assignments: Vec<AssignmentShape>,
        filter: Condition,
        /// Whether the rows are returned.
        returning: bool,
    },
    /// Many updates of one shape, where the dialect has arrays.
    UpdateRows(UpdateRowsShape),
    /// A claim in one statement, where the dialect has one.
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
pub(crate) struct UpdateRowsShape {
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
    /// The condition of the candidates, and the same again for the update that repeats it.
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
    /// What becomes of a row that is present; empty for a plain insert.
    pub(crate) on_present: Vec<AssignmentShape>,
    /// Whether a row whose key is taken is left out, instead of failing.
    pub(crate) unless_taken: bool,
    /// Whether the driver binds the rows, in the way it does fastest.
    pub(crate) bulk: bool,
}

/// The lock that a select takes where the dialect has locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lock {
    /// None.
    No,
    /// Rows stay as they are until the end of the transaction.
    Share,
    /// Rows, which are looked for by their primary key, stay as they are until this transaction changes
    /// them.
    Update,
    /// Rows that others have locked are left out.
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

/// A value for each of several keys: the values of a key, and the one for it, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cases {
    pub(crate) first: Slot,
    pub(crate) count: usize,
}

/// A condition in terms that every dialect can render directly.
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
    /// A comparison with another column of the row, after a value was added.
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
    /// The first bytes of the text are these.
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
}

/// How text is compared. Where the column's own comparison is exact there is no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum TextAs {
    /// As the column compares, which indexes serve.
    Column,
    /// Byte by byte.
    Bytes,
    /// As the library reads it, where that is not as it is stored. No index serves it.
    Read,
}

/// A table as it is in the database, hashed by its name: descriptions are constants and may have several
/// addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table(&'static TableDef);

impl Table {
    /// The table of an entity.
    pub(crate) fn of(dialect: &'static Dialect, entity: &'static TableDef) -> Self {
        Self(dialect.place(entity))
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
