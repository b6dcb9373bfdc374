//! The updates to run one by one, and their outcomes.

use genledger_contract::Result;
use genledger_contract::row::{Row, Rows};
use genledger_contract::statement::{Update, UpdateEach, UpdatedRows};

use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::lower::Lower;
use crate::lower::update_row::UpdateRow;
use crate::run::change::{rows, update_and_read};
use crate::run::overflow::addition_error;

/// The updates to run.
pub(super) struct Job<'u> {
    pub(super) dialect: &'static Dialect,
    pub(super) each: &'u UpdateEach,
    pub(super) updates: &'u [Update],
    pub(super) rows: &'u [UpdateRow<'u>],
}

impl Job<'_> {
    pub(super) async fn one(
        &self,
        connection: &mut dyn Connection,
        index: usize,
        outcomes: &mut Outcomes,
    ) -> Result<()> {
        let (dialect, table) = (self.dialect, self.each.table);
        let update = &self.updates[index];
        if update.returning {
            let found = if dialect.has_returning() {
                let statement =
                    Lower::new(dialect, connection.limits(), table).update_returning(update)?;
                rows(connection, table, &statement)
                    .await
                    .map_err(|error| addition_error(error, table, &update.assignments))?
            } else {
                update_and_read(connection, dialect, update).await?
            };
            return found.iter().try_for_each(|row| outcomes.row(index, row));
        }
        let statement = Lower::new(dialect, connection.limits(), table).update(update)?;
        let sent = connection
            .execute(statement.sql(), &statement.params())
            .await;
        let count = sent.map_err(|error| {
            addition_error(error, table, &update.assignments).with_table(table.name)
        })?;
        if count > 0 {
            outcomes.matched(index);
        }
        Ok(())
    }

    pub(super) async fn one_by_one(
        &self,
        connection: &mut dyn Connection,
        many: &[usize],
        outcomes: &mut Outcomes,
    ) -> Result<()> {
        for index in many {
            self.one(connection, *index, outcomes).await?;
        }
        Ok(())
    }
}

/// The outcomes of the updates so far.
pub(super) struct Outcomes {
    matched: Vec<bool>,
    rows: Rows,
    /// The update of each row.
    of: Vec<usize>,
}

impl Outcomes {
    pub(super) fn none(each: &UpdateEach) -> Self {
        Self {
            matched: vec![false; each.updates.len()],
            rows: Rows::new(each.table),
            of: Vec::new(),
        }
    }

    pub(super) fn matched(&mut self, update: usize) {
        self.matched[update] = true;
    }

    /// Adds the row that an update returned.
    pub(super) fn row(&mut self, update: usize, row: Row<'_>) -> Result<()> {
        self.matched(update);
        self.of.push(update);
        self.rows.push(&row)
    }

    pub(super) fn in_order(self) -> Result<UpdatedRows> {
        let rows = if self.of.is_sorted() {
            self.rows
        } else {
            let mut order: Vec<usize> = (0..self.of.len()).collect();
            order.sort_unstable_by_key(|row| self.of[*row]);
            self.rows.in_order(order)?
        };
        Ok(UpdatedRows {
            matched: self.matched,
            rows,
        })
    }
}
