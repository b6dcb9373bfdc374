//! What happens between and in the statements of a store: other calls run, and conditions are left out of updates.

use std::sync::Mutex;

use async_trait::async_trait;
use genledger::contract::Entity;
use genledger::contract::statement::{Predicate, Statement, Update, UpdateEach};
use genledger::contract::table::TableDef;
use genledger::generation::{GenerationAttempt, ImageTask, ProviderAccount, SplitMix64};

use crate::intercepted::{Intercept, Moment};

/// The conditions that are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// All of tasks and attempts: what was read is written, whatever has happened since.
    Guards,
    /// The fencing numbers of attempts, and the ends of leases, which are different ones with each number.
    Fencing,
    /// The versions of tasks.
    Versions,
    /// The limits of accounts.
    Limits,
}

impl Fault {
    /// Whether an update of a table keeps a condition that is not its key.
    fn keeps(self, table: &TableDef, condition: &Predicate) -> bool {
        let is_on = |entity: &TableDef| table.name == entity.name;
        let compares = |name| match condition {
            Predicate::Compare { column, .. } => table.position(name) == Some(*column),
            _ => false,
        };
        match self {
            Self::Guards => !is_on(ImageTask::TABLE) && !is_on(GenerationAttempt::TABLE),
            Self::Fencing => {
                let is_fence = compares("seq") || compares("expires_at");
                !is_on(GenerationAttempt::TABLE) || !is_fence
            }
            Self::Versions => !is_on(ImageTask::TABLE) || !compares("version"),
            Self::Limits => {
                let is_limit = matches!(condition, Predicate::CompareColumns { .. });
                !is_on(ProviderAccount::TABLE) || !is_limit
            }
        }
    }

    fn guard(self, table: &TableDef, guard: Predicate) -> Predicate {
        let parts = match guard {
            Predicate::And(parts) => parts,
            one => vec![one],
        };
        let kept = parts.into_iter().filter(|part| self.keeps(table, part));
        kept.fold(Predicate::True, Predicate::and)
    }

    fn update(self, update: Update) -> Update {
        let Some(key) = update.key() else {
            return update;
        };
        let filter = key.and(self.guard(update.table, update.filter));
        Update { filter, ..update }
    }

    fn update_each(self, mut each: UpdateEach) -> UpdateEach {
        for update in &mut each.updates {
            let guard = std::mem::replace(&mut update.guard, Predicate::True);
            update.guard = self.guard(each.table, guard);
        }
        each
    }

    fn statement(self, statement: Statement) -> Statement {
        match statement {
            Statement::Update(update) => Statement::Update(self.update(update)),
            Statement::UpdateEach(each) => Statement::UpdateEach(self.update_each(each)),
            other => other,
        }
    }
}

/// Before each statement of a transaction, other calls have a number of turns that is drawn.
#[derive(Debug)]
pub(super) struct Interleaved {
    random: Mutex<SplitMix64>,
    fault: Option<Fault>,
}

impl Interleaved {
    pub(super) const fn new(seed: u64, fault: Option<Fault>) -> Self {
        let random = Mutex::new(SplitMix64::new(seed));
        Self { random, fault }
    }
}

#[async_trait]
impl Intercept for Interleaved {
    async fn before(&self, _: Moment) {
        let drawn = self.random.lock().unwrap().next_u64();
        let turns = if drawn.is_multiple_of(8) { 40 } else { 4 };
        for _ in 0..(drawn >> 8) % turns {
            tokio::task::yield_now().await;
        }
    }

    fn statement(&self, statement: Statement) -> Statement {
        match self.fault {
            Some(fault) => fault.statement(statement),
            None => statement,
        }
    }
}
