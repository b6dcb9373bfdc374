//! A change of a table that stored rows may violate, while no other session can write them (`MySQL`, `MariaDB`).

use std::sync::Arc;

use genledger_contract::{Entity, ErrorKind, Result};

use super::batch::{Batch, Which};
use super::corrections::Part;
use super::findings::FindingRow;
use super::found::Found;
use super::keys::{Losers, is_last};
use super::names::quote;
use super::unit::Units;
use crate::connection::Connection;
use crate::executor::Executor;
use crate::migrate::task::TARGET;

/// Each table lock is that of a session whose statements do not commit by themselves: beginning a transaction would release it. The
/// server ends a session whose process is silent, and with it the locks.
const BEGIN: &str = "SET @genledger_wait_timeout = @@SESSION.wait_timeout, SESSION autocommit = 0, \
                     SESSION wait_timeout = 10";
const END: [&str; 3] = [
    "ROLLBACK",
    "UNLOCK TABLES",
    "SET SESSION autocommit = 1, SESSION wait_timeout = @genledger_wait_timeout",
];

/// The statements under the locks.
struct Locked {
    part: Part,
    lock: String,
    losers: Losers,
    batch: Batch,
    change: String,
}

impl<X: Executor> Units<X> {
    /// Repairs the rows that break a rule, and makes the change, one statement, which then cannot fail by a row: other sessions neither
    /// read nor write the table meanwhile. It returns how many rows were repaired.
    pub(super) async fn change_locked(
        &self,
        found: &Found,
        part: Part,
        statements: &[String],
    ) -> Result<u64> {
        let (dialect, adoption) = (self.dialect(), self.adoption);
        let mut tables = vec![quote(dialect, adoption.table.name)];
        if adoption.reports {
            let findings = quote(dialect, FindingRow::TABLE.name);
            tables.push(format!("{findings} AS f"));
            tables.push(findings);
        }
        if part == Part::All {
            tables.push(quote(dialect, adoption.set_aside));
        }
        let locked = Arc::new(Locked {
            part,
            lock: format!("LOCK TABLES {} WRITE", tables.join(" WRITE, ")),
            losers: Losers::of(dialect, adoption, found),
            batch: Batch::of(dialect, adoption, found, part, Which::Broken),
            change: statements.join("; "),
        });
        let table = adoption.table.name;
        tracing::info!(target: TARGET, table, "the table is locked for its last repairs");
        self.leased(Box::new(move |context| {
            let locked = Arc::clone(&locked);
            Box::pin(async move { locked.run(context.connection).await })
        }))
        .await
    }
}

impl Locked {
    async fn run(&self, connection: &mut dyn Connection) -> Result<u64> {
        connection.run_script(BEGIN).await?;
        let outcome = self.repair_and_change(&mut *connection).await;
        for statement in END {
            let ended = connection.run_script(statement).await;
            if outcome.is_ok() {
                ended?;
            }
        }
        outcome
    }

    async fn repair_and_change(&self, connection: &mut dyn Connection) -> Result<u64> {
        connection.run_script(&self.lock).await?;
        let mut rows = 0;
        if self.part == Part::All {
            rows += self.older_live_rows(&mut *connection).await?;
        }
        rows += self.batch.run_all(&mut *connection).await?;
        connection.run_script("COMMIT").await?;
        match connection.run_script(&self.change).await {
            // Only then: an earlier key may permit one deleted row.
            Err(error) if error.kind() == ErrorKind::UniqueViolation => {
                rows += self.older_live_rows(&mut *connection).await?;
                connection.run_script("COMMIT").await?;
                connection.run_script(&self.change).await?;
            }
            changed => changed?,
        }
        Ok(rows)
    }

    async fn older_live_rows(&self, connection: &mut dyn Connection) -> Result<u64> {
        let mut rows = 0;
        loop {
            let changed = self.losers.run(&mut *connection).await?;
            rows += changed;
            if is_last(changed) {
                return Ok(rows);
            }
        }
    }
}
