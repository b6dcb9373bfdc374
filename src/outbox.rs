//! The outbox: events that are written in the transaction of the change they describe, and read in one order.
//!
//! | what | type |
//! |---|---|
//! | a row of the table `outbox_events` | [`OutboxEvent`] |
//! | what a caller creates | [`NewOutboxEvent`], checked and turned into a row |
//! | how far a consumer has come, a row of `outbox_cursors` | [`OutboxCursor`] |
//! | the verbs of writers and consumers | [`Outbox`]; as a trait, [`OutboxRepository`] |
//! | the verbs of the process that gives positions | [`OutboxSequencer`] |
//! | the right to give positions | [`SequencerLease`] |
//!
//! An event has no place in the order when it is written: transactions become visible in another order
//! than the one in which they began, and a reader that has seen event 8 would never look for the
//! event 7 that is committed later. So the *sequencer*, one at a time, gives positions to events that
//! it can see, and readers follow the positions. Those that can be read are always 1 to n, without a gap
//! (but for events that were trimmed).
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//! use chrono::Utc;
//! use genledger::json::{JsonKey, JsonObject};
//! use genledger::outbox::{NewOutboxEvent, Outbox, OutboxSequencer, OutboxStart};
//! use genledger::prelude::*;
//!
//! const TO: JsonKey<String> = JsonKey::new("to");
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! let store = genledger::connect("memory:").await?;
//! store.migrate(&[genledger::schema::outbox()]).await?;
//! let outbox = Outbox::new(Arc::clone(&store));
//! outbox.register("mailer", OutboxStart::Beginning).await?;
//!
//! // The transaction that changes a task also appends the event.
//! let event = NewOutboxEvent::new("tasks", "task-1", 1, "status_changed")
//!     .payload(JsonObject::new().with(TO, "done"))
//!     .into_event(Utc::now())?;
//! let event = &event;
//! let of_tasks = &outbox;
//! store.transaction(|tx| async move { of_tasks.within(&tx).append(event).await }).await?;
//!
//! // One process of all gives positions.
//! let sequencer = OutboxSequencer::new(store);
//! if let Some(mut lease) = sequencer.acquire("process-7", Duration::from_secs(60)).await? {
//!     assert_eq!(sequencer.sequence(&mut lease).await?.count, 1);
//! }
//!
//! // Consumers read what comes after their position, and say how far they have come.
//! let batch = outbox.read("mailer", 100).await?;
//! for event in &batch.events {
//!     println!("{}: {:?}", event.aggregate_id, event.payload.get(TO)?);
//! }
//! outbox.ack("mailer", batch.end).await?;
//! assert!(outbox.read("mailer", 100).await?.events.is_empty());
//! # Ok(())
//! # }
//! ```

mod batch;
mod cursor;
mod event;
mod new_event;
mod sequencer;
mod trim;

use std::sync::Arc;

use genledger_contract::{Result, RowOutcome, SessionExt, Store, Tx, Violation, repository};

use crate::append::one_outcome;
use crate::executor::Executor;

pub use batch::{OutboxBatch, OutboxStart, UnreadableEvent};
pub use cursor::OutboxCursor;
pub use event::OutboxEvent;
pub use new_event::NewOutboxEvent;
pub use sequencer::{OutboxSequencer, Sequenced, SequencerLease};

use batch::raise;
use cursor::{last_position, positions};

/// The outbox of a store, or inside of a transaction, where writers append events. The [module](self) has
/// an example of all of it.
///
/// ```
/// use genledger::outbox::Outbox;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("memory:").await?;
/// let outbox = Outbox::new(store);
/// # let _ = outbox;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Outbox {
    executor: Executor,
}

impl Outbox {
    /// The outbox of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        let executor = Executor::Store(store);
        Self { executor }
    }

    /// The same outbox inside of a transaction, to which what is written belongs.
    #[must_use]
    pub fn within(&self, tx: &Tx) -> Self {
        let executor = Executor::Transaction(tx.clone());
        Self { executor }
    }
}

/// The verbs on the outbox, for services that mock them: [`Outbox`] in production, and in a unit test a
/// `MockOutboxRepository` (feature `mock`).
///
/// # Errors
/// Every verb returns, beside the kinds named at it, those of [`Session`](genledger_contract::Session).
#[repository(OutboxRepository)]
impl Outbox {
    /// Appends an event, in the transaction of what it tells of, and returns whether it is new. An event
    /// that is there already, with the same content, is not written again.
    ///
    /// ```
    /// use genledger::outbox::{NewOutboxEvent, Outbox};
    /// use genledger::prelude::*;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let store = genledger::connect("memory:").await?;
    /// store.migrate(&[genledger::schema::outbox()]).await?;
    /// let event = NewOutboxEvent::new("tasks", "t-1", 1, "created").into_event(chrono::Utc::now())?;
    /// let tx = store.begin().await?;
    /// let outbox = Outbox::new(store).within(&tx);
    /// assert!(outbox.append(&event).await?);
    /// assert!(!outbox.append(&event).await?); // a replay
    /// tx.commit().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`UniqueViolation`](genledger_contract::ErrorKind::UniqueViolation) when an event with this topic, aggregate and number is there with
    /// another kind or another payload; nothing was written. Otherwise those of [`Session`](genledger_contract::Session).
    pub async fn append(&self, event: &OutboxEvent) -> Result<bool> {
        let outcomes = self.append_many(std::slice::from_ref(event)).await?;
        one_outcome(&outcomes, OutboxEvent::SEQ)
    }

    /// Appends events in one atomic step and returns for each, in order, whether it was new, present
    /// already, or present with another kind or another payload, in which case it is not written.
    ///
    /// # Errors
    /// Those of [`Session`](genledger_contract::Session).
    pub async fn append_many(&self, events: &[OutboxEvent]) -> Result<Vec<RowOutcome>> {
        let session = self.executor.session();
        let mut outcomes = session.insert_if_absent(events).await?;
        for (event, outcome) in events.iter().zip(&mut outcomes) {
            // The stored row has a position by now, or the time of another attempt.
            if *outcome == RowOutcome::Different {
                let stored = session.get::<OutboxEvent>(&event.id).await?;
                if (&stored.kind, &stored.payload) == (&event.kind, &event.payload) {
                    *outcome = RowOutcome::Present;
                }
            }
        }
        Ok(outcomes)
    }

    /// Registers a consumer and returns its cursor. One that is registered already stays where it is.
    ///
    /// From then on no event that it has not acknowledged is [trimmed](OutboxSequencer::trim).
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when the name is empty, longer than 64
    /// characters, begins with `$`, or is none that a key can be; otherwise those of [`Session`](genledger_contract::Session).
    pub async fn register(&self, consumer: &str, start: OutboxStart) -> Result<OutboxCursor> {
        let mut cursor = OutboxCursor::of_consumer(consumer, 0)?;
        let session = self.executor.session();
        if start == OutboxStart::End {
            cursor.position = last_position(&*session).await?;
        }
        // What is there is kept, and returned.
        let _ = session
            .insert_if_absent(std::slice::from_ref(&cursor))
            .await?;
        session.get(&cursor.name).await
    }

    /// Forgets a consumer, which holds back no event any longer, and returns whether there was one.
    ///
    /// # Errors
    /// As [`register`](Self::register).
    pub async fn unregister(&self, consumer: &str) -> Result<bool> {
        let cursor = OutboxCursor::of_consumer(consumer, 0)?;
        let session = self.executor.session();
        session.delete::<OutboxCursor>(&cursor.name).await
    }

    /// Reads at most `limit` events (1 to 1000) behind the position of a consumer, in order. It changes
    /// nothing: what is not [acknowledged](Self::ack) is read again.
    ///
    /// # Errors
    /// [`NotFound`](genledger_contract::ErrorKind::NotFound) when no consumer is registered under this
    /// name; [`Invalid`](genledger_contract::ErrorKind::Invalid) for another limit; otherwise those of
    /// [`Session`](genledger_contract::Session). An event that cannot be read is listed apart.
    pub async fn read(&self, consumer: &str, limit: u32) -> Result<OutboxBatch> {
        batch::read(&*self.executor.session(), consumer, None, limit).await
    }

    /// [`read`](Self::read) of the events of one topic. A consumer has one position, so it reads either
    /// that topic always or all events always.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn read_topic(&self, consumer: &str, topic: &str, limit: u32) -> Result<OutboxBatch> {
        batch::read(&*self.executor.session(), consumer, Some(topic), limit).await
    }

    /// Says that a consumer has done everything up to a position, and returns whether that raised its
    /// position. It never goes back: a lesser position changes nothing.
    ///
    /// # Errors
    /// [`NotFound`](genledger_contract::ErrorKind::NotFound) when no consumer is registered under this
    /// name; [`Invalid`](genledger_contract::ErrorKind::Invalid) for a position that no event has yet;
    /// otherwise those of [`Session`](genledger_contract::Session).
    pub async fn ack(&self, consumer: &str, position: i64) -> Result<bool> {
        let session = self.executor.session();
        let (_, last) = positions(&*session, consumer).await?;
        if position > last {
            let message = "is greater than that of every event";
            return Err(Violation::new("position", "out_of_range", message).into());
        }
        let lesser = OutboxCursor::POSITION.lt(position);
        raise(&*session, consumer, lesser, position).await
    }

    /// Acknowledges a batch inside of a transaction, and returns whether its events were still to be
    /// done: the consumer is where it was when they were read. Where what the events lead to is in the same
    /// transaction, each has its effect exactly once, also when several processes read for one consumer.
    ///
    /// ```
    /// use genledger::contract::{Error, StoreExt};
    /// use genledger::outbox::Outbox;
    /// # use genledger::contract::Store;
    ///
    /// # async fn round(outbox: Outbox, store: std::sync::Arc<dyn Store>) -> genledger::Result<()> {
    /// let (outbox, batch) = (&outbox, &outbox.read("totals", 100).await?);
    /// store
    ///     .transaction(|tx| async move {
    ///         if !outbox.within(&tx).ack_batch("totals", batch).await? {
    ///             return Err(Error::refused("raced", "another process did these events"));
    ///         }
    ///         // … what the events lead to, in `tx` …
    ///         Ok(())
    ///     })
    ///     .await
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](genledger_contract::ErrorKind::NotFound) when no consumer is registered under this
    /// name; otherwise those of [`Session`](genledger_contract::Session).
    pub async fn ack_batch(&self, consumer: &str, batch: &OutboxBatch) -> Result<bool> {
        let session = &*self.executor.session();
        let same = OutboxCursor::POSITION.eq(batch.start);
        if raise(session, consumer, same, batch.end).await? {
            return Ok(true);
        }
        positions(session, consumer).await?;
        Ok(false)
    }
}
