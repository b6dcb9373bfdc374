//! Updates of one shape, for statements that hold many of them.

use std::sync::Arc;

use genledger_contract::Result;
use genledger_contract::row::Value;
use genledger_contract::statement::{Action, Assignment, Predicate, Update};
use genledger_contract::table::{Kind, TableDef};

use super::{Bound, Lower, Statement};
use crate::connection::Param;
use crate::dialect::{Dialect, Message};
use crate::render::render;
use crate::shape::{ActionShape, AssignmentShape, Cases, Condition, Shape, Table, UpdateRowsShape};

/// One of many updates: its shape and its values.
pub(crate) struct UpdateRow<'a> {
    assignments: Vec<AssignmentShape>,
    filter: Condition,
    kinds: Vec<Kind>,
    values: Vec<Bound<'a>>,
}

impl UpdateRow<'_> {
    /// Whether it differs from the other one in its values alone.
    pub(crate) fn same_shape(&self, other: &Self) -> bool {
        self.assignments == other.assignments
            && self.filter == other.filter
            && self.kinds == other.kinds
    }

    /// How many values it has.
    pub(crate) const fn width(&self) -> usize {
        self.values.len()
    }

    /// Its values, by slot.
    pub(crate) fn params(&self) -> impl Iterator<Item = Param<'_>> {
        self.values.iter().map(Bound::param)
    }

    /// The message of its values alone.
    pub(crate) fn message(&self, dialect: &Dialect) -> Message {
        self.params()
            .fold(Message::new(dialect.family()), |message, param| {
                message.with(param.value)
            })
    }

    /// The statement for many updates of this shape, whose values are bound as arrays.
    pub(crate) fn statement(
        &self,
        dialect: &'static Dialect,
        table: &'static TableDef,
        returning: bool,
    ) -> Arc<str> {
        let shape = Shape::UpdateRows(UpdateRowsShape {
            table: Table::of(dialect, table),
            assignments: self.assignments.clone(),
            filter: self.filter.clone(),
            kinds: self.kinds.clone(),
            returning,
        });
        Arc::clone(&dialect.cache.get(shape, |shape| render(dialect, shape)).sql)
    }
}

impl<'a> Lower<'a> {
    /// One of many updates.
    pub(crate) fn update_row(mut self, update: &'a Update) -> UpdateRow<'a> {
        let assignments = self.assignments(&update.assignments);
        let filter = self.predicate(&update.filter);
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

    /// Updates with these keys, whose assignments differ in their values alone, as one update of the rows
    /// that the filter selects.
    pub(crate) fn update_by_key(
        mut self,
        updates: &[(&'a [Value], &'a [Assignment])],
        filter: &'a Predicate,
    ) -> Result<Statement<'a>> {
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

    /// One assignment: with its value where that is the same for all keys.
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
            // So that few statements are prepared; a case that stands there twice changes nothing.
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
