//! Deletes events that all consumers have acknowledged.

use std::time::Duration;

use chrono::TimeDelta;
use genledger_contract::query::AggregateQuery;
use genledger_contract::{Query, Result, SessionExt, StoreExt, Violation};

use super::cursor::SEQUENCER;
use super::event::Header;
use super::{OutboxCursor, OutboxEvent, OutboxSequencer};

/// Events are read and deleted in chunks of a page.
const CHUNK: u32 = 1_000;

impl OutboxSequencer {
    /// Deletes the events that every registered consumer has acknowledged and that are older than `age`
    /// by the clock of the database, and returns their number. While no consumer is registered, no
    /// event is deleted.
    ///
    /// Seven days are a good age: a consumer that registers with `Beginning` still gets those events. Each
    /// chunk of a thousand is deleted in its own transaction; after an error, call it again to continue.
    ///
    /// ```
    /// use std::time::Duration;
    /// use genledger::outbox::OutboxSequencer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> genledger::Result<()> {
    /// # let store = genledger::connect("memory:").await?;
    /// # genledger::contract::Store::migrate(&store, &[genledger::schema::outbox()]).await?;
    /// let sequencer = OutboxSequencer::new(store);
    /// let deleted = sequencer.trim(Duration::from_secs(7 * 24 * 3600)).await?;
    /// # assert_eq!(deleted, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for an age of more than a hundred thousand
    /// years; also those of [`Session`](genledger_contract::Session).
    pub async fn trim(&self, age: Duration) -> Result<u64> {
        let clock = self.store.clock().await?;
        let age = TimeDelta::from_std(age).ok();
        let Some(before) = age.and_then(|age| clock.now().checked_sub_signed(age)) else {
            return Err(Violation::new(
                "age",
                "out_of_range",
                "must not be more than a hundred thousand years",
            )
            .into());
        };
        let session = self.store.session();
        let consumers = AggregateQuery::over(OutboxCursor::NAME.ne(SEQUENCER));
        let least = session
            .aggregate(consumers.min(OutboxCursor::POSITION))
            .await?;
        let Some(least) = least.first().and_then(|row| row.value(0).as_i64()) else {
            return Ok(0);
        };
        let mut query = Query::matching(Header::POSITION.le(least))
            .order_by([Header::POSITION.asc()])
            .page_size(CHUNK);
        let mut deleted = 0;
        loop {
            let page = session.page_lenient(&query).await?;
            let old = page.items.into_iter().flatten();
            let old = old.filter(|event| event.create_time < before);
            let positions: Vec<i64> = old.filter_map(|event| event.position).collect();
            // The order is approximately that of time: if none of a thousand is old, none after them is.
            if positions.is_empty() {
                return Ok(deleted);
            }
            let read = OutboxEvent::POSITION.is_in(positions);
            deleted += session.delete_where(read).await?;
            let Some(next) = page.next else {
                return Ok(deleted);
            };
            query = query.after(next);
        }
    }
}
