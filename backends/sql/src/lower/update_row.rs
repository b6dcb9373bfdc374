//! Updates of one shape, for statements that contain many of them.

use std::sync::Arc;

use genledger_contract::Result;
use genledger_contract::row::Value;
use genledger_contract::statement::{Action, Assignment, Predicate, Update};
use genledger_contract::table::{Kind, TableDef};

use super::{Bound, Lower, LoweredStatement};
use crate::connection::Param;
use crate::dialect::{Dialect, Message};
use crate::render::render;
use crate::shape::{ActionShape, AssignmentShape, Cases, Condition, Shape, Table, UpdateEachShape};

/// One of many updates: its shape and its values.
pub(crate) struct UpdateRow<'a> {
    assignments: Vec<AssignmentShape>,
    filter: Condition,
    kinds: Vec<Kind>,
    values: Vec<Bound<'a>>,
}

impl UpdateRow<'_> {
    /// Whether it only differs from the other one in its values.
    pub(crate) fn same_shape(&self, other: &Self) -> bool {
        self.assignments == other.assignments
            && self.filter == other.filter
            && self.kinds == other.kinds
    }

    /// The number of values.
    pub(crate) const fn width(&self) -> usize {
        self.values.len()
    }

    /// The values, by slot.
    pub(crate) fn params(&self) -> impl Iterator<Item = Param<'_>> {
        self.values.iter().map(Bound::param)
    }

    /// The size of its values in a message.
    pub(crate) fn message(&self, dialect: &Dialect) -> Message {
        self.params()
            .fold(Message::new(dialect.family()), |message, param| {
                message.with(param.value)
            })
    }

    /// The statement for many updates of this shape, with arrays of values.
    pub(crate) fn statement(
        &self,
        dialect: &'static Dialect,
        table: &'static TableDef,
        returning: bool,
    ) -> Arc<str> {
        let shape = Shape::UpdateEach(UpdateEachShape {
            table: Table::new(dialect.place(table)),
            assignments: self.assignments.clone(),
            filter: self.filter.clone(),
            kinds: self.kinds.clone(),
            returning,
        });
        Arc::clone(&dialect.cache.get(shape, |shape| render(dialect, shape)).sql)
    }
}

impl<'a> Lower<'a> {
    /// Lowers one of many updates.
    pub(crate) fn update_row(mut self, update: &'a Update) -> UpdateRow<'a> {
        let assignments = self.assignments(&update.assignments);
        let filter = self.update_condition(&update.filter);
        let kinds = self.values.iter().map(|value| {
            let Param { value, column_type } = value.param();
            value.kind().unwrap_or(column_type.kind())
        });
        UpdateRow {
            assignments,
            filter,
            kinds: kinds.collect(),
            values: self.values,
        }
    }

    /// One update, of the rows that the filter selects, for updates with these keys whose assignments
    /// only differ in their values.
    pub(crate) fn update_by_key(
        mut self,
        updates: &[(&'a [Value], &'a [Assignment])],
        filter: &'a Predicate,
    ) -> Result<LoweredStatement<'a>> {
        let width = updates.first().map_or(0, |(_, first)| first.len());
        let assignments = (0..width)
            .map(|index| self.assignment_by_key(updates, index))
            .collect();
        let filter = self.predicate(filter);
        let table = self.table;
        self.finish(Shape::Update {
            table,
            assignments,
            filter,
            returning: false,
        })
    }

    /// One assignment, with a single value if it is the same for all keys.
    fn assignment_by_key(
        &mut self,
        updates: &[(&'a [Value], &'a [Assignment])],
        index: usize,
    ) -> AssignmentShape {
        let all = || updates.iter().map(|(_, assignments)| &assignments[index]);
        let (_, first) = updates[0];
        let one = &first[index..=index];
        if all().all(|other| *other == one[0]) {
            return self.assignments(one)[0];
        }
        let column = one[0].column;
        let column_type = self.table.columns[column].column_type;
        let keys = self.table.key_positions();
        let cases = Cases {
            first: self.values.len(),
            // So that few statements are prepared; a repeated case changes nothing.
            count: updates.len().next_power_of_two(),
        };
        let filled = std::iter::repeat_n(&updates[updates.len() - 1], cases.count - updates.len());
        for (key, assignments) in updates.iter().chain(filled) {
            for (position, value) in keys.iter().zip(*key) {
                self.given(value.as_ref(), self.table.columns[*position].column_type);
            }
            if let Action::Set(value) | Action::Add(value) = &assignments[index].action {
                self.given(value.as_ref(), column_type);
            }
        }
        AssignmentShape {
            column,
            action: match one[0].action {
                Action::Add(_) => ActionShape::AddByKey(cases),
                _ => ActionShape::SetByKey(cases),
            },
        }
    }
}
