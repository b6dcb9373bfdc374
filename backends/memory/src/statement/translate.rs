//! Translates statements of a program that describes a table differently than it was created: with some of
//! its columns only, or in another order. A database finds columns by name, so this store does too.

use std::borrow::Cow;

use genledger_contract::Result;
use genledger_contract::statement::{
    Aggregate, Assignment, Claim, Delete, Group, Measure, OrderBy, Predicate, Select, Update,
    UpdateEach,
};
use genledger_contract::table::TableDef;

use crate::error;
use crate::table::Table;
use crate::tables::Tables;

/// The positions in the table of the columns of a statement's description.
#[derive(Clone, Debug)]
pub(super) struct Columns(Vec<usize>);

impl Columns {
    /// Finds each column by name.
    ///
    /// # Errors
    /// Returns `Schema` when one is missing.
    fn find(wanted: &TableDef, table: &TableDef) -> Result<Self> {
        wanted
            .columns
            .iter()
            .map(|column| {
                table
                    .position(column.name)
                    .ok_or_else(|| error::missing_column(wanted, column))
            })
            .collect::<Result<_>>()
            .map(Self)
    }

    /// The position in the table of a position in the statement.
    fn stored(&self, column: usize) -> usize {
        self.0[column]
    }

    fn order(&self, order: &mut [OrderBy]) {
        for order in order {
            order.column = self.stored(order.column);
        }
    }

    fn assignments(&self, assignments: &mut [Assignment]) {
        for assignment in assignments {
            assignment.column = self.stored(assignment.column);
        }
    }

    fn predicate(&self, predicate: &mut Predicate) {
        match predicate {
            Predicate::Compare { column, .. }
            | Predicate::In { column, .. }
            | Predicate::IsNull { column }
            | Predicate::StartsWith { column, .. }
            | Predicate::Contains { column, .. } => *column = self.stored(*column),
            Predicate::CompareColumns { column, other, .. } => {
                *column = self.stored(*column);
                *other = self.stored(*other);
            }
            Predicate::And(all) | Predicate::Or(all) => {
                for one in all {
                    self.predicate(one);
                }
            }
            Predicate::Not(inner) => self.predicate(inner),
            // True and False name no column.
            _ => {}
        }
    }
}

impl Tables {
    /// The positions in the table of all columns of a description.
    ///
    /// # Errors
    /// Returns `Schema` when the table or a column is missing.
    pub(super) fn positions(&self, wanted: &'static TableDef) -> Result<Vec<usize>> {
        let table = self.table(wanted)?.definition;
        if same(table, wanted) {
            return Ok((0..wanted.columns.len()).collect());
        }
        Ok(Columns::find(wanted, table)?.0)
    }

    /// The table of a statement, and the statement with the positions of that table.
    ///
    /// # Errors
    /// Returns `Schema` when the table or a column is missing.
    pub(super) fn resolve<'s, S: Translate>(
        &self,
        statement: &'s S,
    ) -> Result<(&Table, Cow<'s, S>)> {
        let wanted = statement.table();
        let table = self.table(wanted)?;
        if same(table.definition, wanted) {
            return Ok((table, Cow::Borrowed(statement)));
        }
        let columns = Columns::find(wanted, table.definition)?;
        let mut translated = statement.clone();
        translated.translate(&columns);
        Ok((table, Cow::Owned(translated)))
    }
}

/// Whether two descriptions are the same. The same constant may have two addresses in two crates.
pub(super) fn same(left: &TableDef, right: &TableDef) -> bool {
    std::ptr::eq(left, right) || left == right
}

/// A statement that names columns by position.
pub(super) trait Translate: Clone {
    fn table(&self) -> &'static TableDef;
    fn translate(&mut self, columns: &Columns);
}

impl Translate for Select {
    fn table(&self) -> &'static TableDef {
        self.table
    }

    fn translate(&mut self, columns: &Columns) {
        for column in &mut self.columns {
            *column = columns.stored(*column);
        }
        columns.predicate(&mut self.filter);
        columns.order(&mut self.order);
    }
}

impl Translate for Update {
    fn table(&self) -> &'static TableDef {
        self.table
    }

    fn translate(&mut self, columns: &Columns) {
        columns.assignments(&mut self.assignments);
        columns.predicate(&mut self.filter);
    }
}

impl Translate for UpdateEach {
    fn table(&self) -> &'static TableDef {
        self.table
    }

    fn translate(&mut self, columns: &Columns) {
        for update in &mut self.updates {
            columns.assignments(&mut update.assignments);
            columns.predicate(&mut update.guard);
        }
    }
}

impl Translate for Delete {
    fn table(&self) -> &'static TableDef {
        self.table
    }

    fn translate(&mut self, columns: &Columns) {
        columns.predicate(&mut self.filter);
    }
}

impl Translate for Claim {
    fn table(&self) -> &'static TableDef {
        self.table
    }

    fn translate(&mut self, columns: &Columns) {
        columns.predicate(&mut self.filter);
        columns.order(&mut self.order);
        columns.assignments(&mut self.assignments);
        self.token_column = columns.stored(self.token_column);
    }
}

impl Translate for Aggregate {
    fn table(&self) -> &'static TableDef {
        self.table
    }

    fn translate(&mut self, columns: &Columns) {
        columns.predicate(&mut self.filter);
        for group in &mut self.groups {
            let (Group::Column(column) | Group::Bucket { column, .. }) = group;
            *column = columns.stored(*column);
        }
        for measure in &mut self.measures {
            match measure {
                Measure::Count => {}
                Measure::Sum(column) | Measure::Min(column) | Measure::Max(column) => {
                    *column = columns.stored(*column);
                }
            }
        }
    }
}
