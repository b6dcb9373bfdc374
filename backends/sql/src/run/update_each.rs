//! Many guarded updates.

mod arrays;
mod by_key;
mod steps;

use genledger_contract::Result;
use genledger_contract::backend::Outcome;
use genledger_contract::row::{Row, Rows};
use genledger_contract::statement::{Reply, Update, UpdateEach, UpdatedRows};

use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::executor::{Context, Scope};
use crate::lower::{Lower, UpdateRow};

use super::change::{rows, update_and_read};
use super::overflow::of_sum;
use super::refuse;
use super::unit::Unit;
use steps::{Step, steps};

/// Updates rows one after the other, in one transaction. Those whose order makes no difference share
/// statements, where a statement costs a round trip.
pub(crate) async fn update_each(
    mut context: Context<'_>,
    each: &UpdateEach,
) -> Result<Outcome<Reply>> {
    let (dialect, limits) = (context.dialect, context.connection.limits());
    let updates: Vec<Update> = each
        .updates
        .iter()
        .map(|update| Update {
            table: each.table,
            assignments: update.assignments.clone(),
            filter: update.filter(each.table),
            returning: each.returning,
        })
        .collect();
    // Before anything is sent.
    for update in &updates {
        drop(refuse!(
            Lower::new(dialect, limits, each.table).update(update)
        ));
    }
    let rows: Vec<UpdateRow<'_>> = updates
        .iter()
        .map(|update| Lower::new(dialect, limits, each.table).update_row(update))
        .collect();
    let steps = steps(dialect, &limits, each, &rows);
    let job = Job {
        dialect,
        each,
        updates: &updates,
        rows: &rows,
    };
    let mut answers = Answers::none(each);
    let updated = if context.scope == Scope::Autocommit
        && let [step] = &steps[..]
        && job.is_one_statement(step)
    {
        job.run(context.connection, step, &mut answers).await?;
        answers.in_order()?
    } else {
        let unit = Unit::begin(&mut context).await?;
        let updated = job.run_all(context.connection, &steps, answers).await;
        unit.end(&mut context, updated).await?
    };
    Ok(Outcome::Done(Reply::Updated(updated)))
}

/// What is to be done.
struct Job<'u> {
    dialect: &'static Dialect,
    each: &'u UpdateEach,
    updates: &'u [Update],
    rows: &'u [UpdateRow<'u>],
}

impl Job<'_> {
    fn is_one_statement(&self, step: &Step) -> bool {
        match step {
            Step::One(_) => self.dialect.has_returning() || !self.each.returning,
            Step::Many(_) => self.dialect.has_arrays(),
        }
    }

    async fn run_all(
        &self,
        connection: &mut dyn Connection,
        steps: &[Step],
        mut answers: Answers,
    ) -> Result<UpdatedRows> {
        for step in steps {
            self.run(connection, step, &mut answers).await?;
        }
        answers.in_order()
    }

    async fn run(
        &self,
        connection: &mut dyn Connection,
        step: &Step,
        answers: &mut Answers,
    ) -> Result<()> {
        match step {
            Step::One(update) => self.one(connection, *update, answers).await,
            Step::Many(many) if self.dialect.has_arrays() => {
                arrays::run(self, connection, many, answers).await
            }
            Step::Many(many) => by_key::run(self, connection, many, answers).await,
        }
    }

    async fn one(
        &self,
        connection: &mut dyn Connection,
        index: usize,
        answers: &mut Answers,
    ) -> Result<()> {
        let (dialect, table) = (self.dialect, self.each.table);
        let update = &self.updates[index];
        if update.returning {
            let found = if dialect.has_returning() {
                let statement =
                    Lower::new(dialect, connection.limits(), table).update_returning(update)?;
                rows(connection, table, &statement)
                    .await
                    .map_err(|error| of_sum(error, table, &update.assignments))?
            } else {
                update_and_read(connection, dialect, update).await?
            };
            return found.iter().try_for_each(|row| answers.row(index, row));
        }
        let statement = Lower::new(dialect, connection.limits(), table).update(update)?;
        let sent = connection
            .execute(statement.sql(), &statement.params())
            .await;
        let count =
            sent.map_err(|error| of_sum(error, table, &update.assignments).with_table(table.name))?;
        if count > 0 {
            answers.matched(index);
        }
        Ok(())
    }

    async fn one_by_one(
        &self,
        connection: &mut dyn Connection,
        many: &[usize],
        answers: &mut Answers,
    ) -> Result<()> {
        for index in many {
            self.one(connection, *index, answers).await?;
        }
        Ok(())
    }
}

/// What became of the updates so far.
struct Answers {
    matched: Vec<bool>,
    rows: Rows,
    /// The updates of the rows.
    of: Vec<usize>,
}

impl Answers {
    fn none(each: &UpdateEach) -> Self {
        Self {
            matched: vec![false; each.updates.len()],
            rows: Rows::new(each.table),
            of: Vec::new(),
        }
    }

    fn matched(&mut self, update: usize) {
        self.matched[update] = true;
    }

    /// The row that an update left.
    fn row(&mut self, update: usize, row: Row<'_>) -> Result<()> {
        self.matched(update);
        self.of.push(update);
        self.rows.push(&row)
    }

    fn in_order(self) -> Result<UpdatedRows> {
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
