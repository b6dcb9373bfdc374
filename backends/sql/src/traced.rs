//! A connection that reports each of its statements as an event.

use std::sync::Arc;

use async_trait::async_trait;
use genledger_contract::Result;
use genledger_contract::backend::Listener;
use genledger_contract::row::{RowBatch, RowReader};
use genledger_contract::table::ColumnDef;

use crate::connection::{Connection, CopyIn, Param, Visit};
use crate::dialect::Limits;
use crate::executor::Context;

/// A connection whose statements are reported.
pub(crate) struct Traced<'c> {
    connection: &'c mut dyn Connection,
    listener: Arc<Listener>,
}

impl<'c> Traced<'c> {
    /// The same context on a connection that reports its statements, if there is a listener. `slot`
    /// stores that connection.
    pub(crate) fn context<'s>(
        context: Context<'c>,
        listener: Option<Arc<Listener>>,
        slot: &'s mut Option<Self>,
    ) -> Context<'s>
    where
        'c: 's,
    {
        let Context {
            connection,
            scope,
            dialect,
        } = context;
        let connection: &'s mut dyn Connection = match listener {
            None => connection,
            Some(listener) => slot.insert(Self {
                connection,
                listener,
            }),
        };
        Context {
            connection,
            scope,
            dialect,
        }
    }
}

#[async_trait]
impl Connection for Traced<'_> {
    fn limits(&self) -> Limits {
        self.connection.limits()
    }

    async fn execute(&mut self, sql: &Arc<str>, params: &[Param<'_>]) -> Result<u64> {
        let running = self.listener.begin(Some(sql));
        let outcome = self.connection.execute(sql, params).await;
        running.end(&outcome, outcome.as_ref().ok().copied());
        outcome
    }

    async fn query(
        &mut self,
        sql: &Arc<str>,
        params: &[Param<'_>],
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<()> {
        let running = self.listener.begin(Some(sql));
        let mut rows = 0;
        let outcome = self
            .connection
            .query(sql, params, columns, &mut counting(visit, &mut rows))
            .await;
        running.end(&outcome, Some(rows));
        outcome
    }

    async fn query_arrays(
        &mut self,
        sql: &Arc<str>,
        rows: &[Vec<Param<'_>>],
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<()> {
        let running = self.listener.begin(Some(sql));
        let mut read = 0;
        let outcome = self
            .connection
            .query_arrays(sql, rows, columns, &mut counting(visit, &mut read))
            .await;
        running.end(&outcome, Some(read));
        outcome
    }

    async fn insert_rows(
        &mut self,
        sql: &Arc<str>,
        batch: &RowBatch,
        rows: &[usize],
    ) -> Result<u64> {
        let running = self.listener.begin(Some(sql));
        let outcome = self.connection.insert_rows(sql, batch, rows).await;
        running.end(&outcome, outcome.as_ref().ok().copied());
        outcome
    }

    fn can_copy(&self, copy: &CopyIn) -> bool {
        self.connection.can_copy(copy)
    }

    async fn copy_rows(&mut self, copy: &CopyIn, batch: &RowBatch, rows: &[usize]) -> Result<()> {
        let running = self.listener.begin(Some(&copy.sql));
        let outcome = self.connection.copy_rows(copy, batch, rows).await;
        let copied = u64::try_from(rows.len()).ok();
        running.end(&outcome, copied.filter(|_| outcome.is_ok()));
        outcome
    }

    async fn run_script(&mut self, sql: &str) -> Result<()> {
        let running = self.listener.begin(Some(sql).filter(|sql| is_control(sql)));
        let outcome = self.connection.run_script(sql).await;
        running.end(&outcome, None);
        outcome
    }
}

/// A visitor that counts the rows.
fn counting<'v>(
    visit: Visit<'v>,
    rows: &'v mut u64,
) -> impl FnMut(&dyn RowReader) -> Result<()> + Send {
    move |row| {
        *rows += 1;
        visit(row)
    }
}

/// Whether a script is a statement of transaction control, which contains no values. Other scripts are
/// migrations, which may contain values.
fn is_control(sql: &str) -> bool {
    let first = sql.split_whitespace().next().unwrap_or_default();
    !sql.contains(';')
        && matches!(
            first,
            "BEGIN" | "COMMIT" | "ROLLBACK" | "SAVEPOINT" | "RELEASE"
        )
}

#[cfg(test)]
mod tests {
    use super::is_control;

    #[test]
    fn only_the_text_of_transaction_control_is_reported() {
        for sql in ["BEGIN", "COMMIT", "ROLLBACK TO SAVEPOINT genledger_1"] {
            assert!(is_control(sql), "{sql}");
        }
        for sql in [
            "INSERT INTO notes VALUES (1, 'secret')",
            "BEGIN; INSERT INTO notes VALUES (1, 'secret')",
            "COMMITTED",
            "",
        ] {
            assert!(!is_control(sql), "{sql}");
        }
    }
}
