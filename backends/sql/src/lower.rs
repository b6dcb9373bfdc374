//! Lowers statements of the contract to shapes and values.

mod predicate;
mod text;
pub(crate) mod update_row;

use std::sync::Arc;

use genledger_contract::row::ValueRef;
use genledger_contract::statement::{
    Action, Aggregate, Assignment, Claim, Delete, OrderBy, Predicate, Select, Update,
};
use genledger_contract::table::{ColumnType, TableDef};
use genledger_contract::{Error, Result, Violation};

use crate::cache::Rendered;
use crate::connection::{CopyIn, Param};
use crate::dialect::{Dialect, Limits, Message};
use crate::render::render;
use crate::shape::{
    ActionShape, AssignmentShape, ClaimShape, InsertShape, Lock, SelectShape, Shape, Slot, Table,
};

/// A statement that can be sent: its SQL and its values.
pub(crate) struct LoweredStatement<'a> {
    rendered: Arc<Rendered>,
    values: Vec<Bound<'a>>,
}

/// A value of a statement.
struct Bound<'a> {
    value: BoundValue<'a>,
    column_type: ColumnType,
}

enum BoundValue<'a> {
    Given(ValueRef<'a>),
    /// A text derived from a given one.
    Text(String),
}

impl Bound<'_> {
    fn param(&self) -> Param<'_> {
        Param {
            value: match &self.value {
                BoundValue::Given(value) => *value,
                BoundValue::Text(text) => ValueRef::Text(text),
            },
            column_type: self.column_type,
        }
    }
}

impl LoweredStatement<'_> {
    pub(crate) fn sql(&self) -> &Arc<str> {
        &self.rendered.sql
    }

    /// The values in the order of the placeholders.
    pub(crate) fn params(&self) -> Vec<Param<'_>> {
        self.rendered
            .order
            .iter()
            .map(|slot| self.values[*slot].param())
            .collect()
    }

    /// The size of its largest message.
    fn bytes(&self, dialect: &Dialect) -> usize {
        self.rendered
            .order
            .iter()
            .fold(Message::new(dialect.family()), |message, slot| {
                message.with(self.values[*slot].param().value)
            })
            .bytes(self.sql().len())
    }
}

/// Collects the values of a statement while its shape is built.
pub(crate) struct Lower<'a> {
    dialect: &'static Dialect,
    limits: Limits,
    table: Table,
    values: Vec<Bound<'a>>,
}

impl<'a> Lower<'a> {
    pub(crate) fn new(dialect: &'static Dialect, limits: Limits, table: &'static TableDef) -> Self {
        Self {
            dialect,
            limits,
            table: Table::new(dialect.place(table)),
            values: Vec::new(),
        }
    }

    pub(crate) fn select(mut self, select: &'a Select, lock: Lock) -> Result<LoweredStatement<'a>> {
        let filter = self.predicate(&select.filter);
        let limit = select.limit.map(|limit| self.limit(limit));
        let shape = Shape::Select(SelectShape {
            table: self.table,
            columns: select.columns.clone(),
            filter,
            order: select.order.clone(),
            limit,
            lock,
        });
        self.finish(shape)
    }

    /// A select of the primary keys of the rows that a claim may take.
    pub(crate) fn candidates(
        mut self,
        filter: &'a Predicate,
        order: Vec<OrderBy>,
        limit: u32,
    ) -> Result<LoweredStatement<'a>> {
        let filter = self.predicate(filter);
        let limit = self.limit(limit.into());
        let shape = Shape::Select(SelectShape {
            table: self.table,
            columns: self.table.key_positions(),
            filter,
            order,
            limit: Some(limit),
            lock: Lock::SkipLocked,
        });
        self.finish(shape)
    }

    pub(crate) fn update(mut self, update: &'a Update) -> Result<LoweredStatement<'a>> {
        let assignments = self.assignments(&update.assignments);
        let filter = self.update_condition(&update.filter);
        let table = self.table;
        self.finish(Shape::Update {
            table,
            assignments,
            filter,
            returning: false,
        })
    }

    /// An update that returns its rows, for dialects with RETURNING.
    pub(crate) fn update_returning(mut self, update: &'a Update) -> Result<LoweredStatement<'a>> {
        let assignments = self.assignments(&update.assignments);
        let filter = self.update_condition(&update.filter);
        let table = self.table;
        self.finish(Shape::Update {
            table,
            assignments,
            filter,
            returning: true,
        })
    }

    /// A claim in one statement, if the dialect supports it. It returns the columns of the table,
    /// followed by the previous values of the columns of the order.
    pub(crate) fn claim(
        mut self,
        claim: &'a Claim,
        assignments: &'a [Assignment],
        order: Vec<OrderBy>,
    ) -> Result<LoweredStatement<'a>> {
        let assignments = self.assignments(assignments);
        let filter = [self.predicate(&claim.filter), self.predicate(&claim.filter)];
        let shape = Shape::Claim(ClaimShape {
            table: self.table,
            assignments,
            filter,
            order,
            limit: self.limit(claim.limit.into()),
        });
        self.finish(shape)
    }

    pub(crate) fn delete(mut self, delete: &'a Delete) -> Result<LoweredStatement<'a>> {
        let filter = self.predicate(&delete.filter);
        let table = self.table;
        self.finish(Shape::Delete { table, filter })
    }

    pub(crate) fn aggregate(mut self, aggregate: &'a Aggregate) -> Result<LoweredStatement<'a>> {
        let filter = self.predicate(&aggregate.filter);
        let table = self.table;
        let shape = match aggregate.scan_limit {
            Some(limit) => Shape::CappedCount {
                table,
                filter,
                limit: self.limit(limit),
            },
            None => Shape::Aggregate {
                table,
                filter,
                groups: aggregate.groups.clone(),
                measures: aggregate.measures.clone(),
            },
        };
        self.finish(shape)
    }

    /// An insert whose rows are bound as values, since the assignments have values too.
    pub(crate) fn upsert(
        mut self,
        rows: impl Iterator<Item = ValueRef<'a>>,
        count: usize,
        assignments: &'a [Assignment],
    ) -> Result<LoweredStatement<'a>> {
        let columns = self.table.columns;
        for (value, column) in rows.zip(columns.iter().cycle()) {
            self.given(value, column.column_type);
        }
        let on_present = self.assignments(assignments);
        let shape = Shape::Insert(InsertShape {
            table: self.table,
            rows: count,
            on_present,
            unless_taken: false,
            bulk: false,
        });
        self.finish(shape)
    }

    /// An insert of one row of values. `unless_taken` skips a row whose key exists; not supported by
    /// `MySQL`.
    pub(crate) fn insert_one(
        mut self,
        row: impl Iterator<Item = ValueRef<'a>>,
        unless_taken: bool,
    ) -> Result<LoweredStatement<'a>> {
        for (value, column) in row.zip(self.table.columns) {
            self.given(value, column.column_type);
        }
        let shape = Shape::Insert(InsertShape {
            table: self.table,
            rows: 1,
            on_present: Vec::new(),
            unless_taken,
            bulk: false,
        });
        self.finish(shape)
    }

    fn finish(self, shape: Shape) -> Result<LoweredStatement<'a>> {
        let dialect = self.dialect;
        let rendered = dialect.cache.get(shape, |shape| render(dialect, shape));
        if rendered.order.len() > self.limits.params {
            let violation = Violation::new(
                "filter",
                "too_many_values",
                "has more values than one statement of this database accepts",
            );
            return Err(Error::from(violation).with_table(self.table.name));
        }
        let statement = LoweredStatement {
            rendered,
            values: self.values,
        };
        if statement.bytes(dialect) > self.limits.packet {
            let error = Limits::too_large("statement".to_owned());
            return Err(error.with_table(self.table.name));
        }
        Ok(statement)
    }

    fn assignments(&mut self, assignments: &'a [Assignment]) -> Vec<AssignmentShape> {
        assignments
            .iter()
            .map(|assignment| {
                let column_type = self.table.columns[assignment.column].column_type;
                let action = match &assignment.action {
                    Action::Set(value) => ActionShape::Set(self.given(value.as_ref(), column_type)),
                    Action::Add(value) => ActionShape::Add(self.given(value.as_ref(), column_type)),
                    Action::Inserted => ActionShape::Inserted,
                    Action::AddInserted => ActionShape::AddInserted,
                };
                AssignmentShape {
                    column: assignment.column,
                    action,
                }
            })
            .collect()
    }

    /// Whether stored values compare like those of the library.
    fn is_ordered(&self, column: usize) -> bool {
        self.dialect.is_ordered(&self.table.columns[column])
    }

    /// Whether the column of `MySQL` compares with this text byte by byte.
    fn is_exact(&self, column: usize, text: &str) -> bool {
        self.is_ordered(column) && text::column_is_exact(&self.table, column, text)
    }

    fn limit(&mut self, limit: u64) -> Slot {
        // More rows than i64::MAX do not exist.
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.given(ValueRef::I64(limit), ColumnType::I64)
    }

    fn given(&mut self, value: ValueRef<'a>, column_type: ColumnType) -> Slot {
        self.push(BoundValue::Given(value), column_type)
    }

    fn text(&mut self, text: String, column_type: ColumnType) -> Slot {
        self.push(BoundValue::Text(text), column_type)
    }

    fn push(&mut self, value: BoundValue<'a>, column_type: ColumnType) -> Slot {
        self.values.push(Bound { value, column_type });
        self.values.len() - 1
    }
}

/// The statement that inserts this many rows, whose values the driver binds.
pub(crate) fn bulk_insert(
    dialect: &'static Dialect,
    table: &'static TableDef,
    rows: usize,
    on_present: &[Assignment],
) -> Arc<str> {
    // Only the shapes of the assignments are used; they have no values.
    let on_present =
        Lower::new(dialect, Limits::of(dialect.family()), table).assignments(on_present);
    let shape = Shape::Insert(InsertShape {
        table: Table::new(dialect.place(table)),
        // Arrays have any length, so one statement serves every number of rows.
        rows: if dialect.has_arrays() || dialect.row_by_row() {
            1
        } else {
            rows
        },
        on_present,
        unless_taken: false,
        bulk: true,
    });
    Arc::clone(&dialect.cache.get(shape, |shape| render(dialect, shape)).sql)
}

/// The COPY into a table; `None` if values of its columns are converted.
pub(crate) fn copy_in(dialect: &'static Dialect, table: &'static TableDef) -> Option<CopyIn> {
    let table = Table::new(dialect.place(table));
    let converts = |column| dialect.chosen_type(column).is_some();
    if !dialect.has_copy() || table.columns.iter().any(converts) {
        return None;
    }
    let sql = |shape| Arc::clone(&dialect.cache.get(shape, |shape| render(dialect, shape)).sql);
    Some(CopyIn {
        sql: sql(Shape::Copy(table)),
        rules: sql(Shape::Rules(table)),
    })
}
