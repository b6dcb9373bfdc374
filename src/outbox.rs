//! The outbox: events that are written in the transaction of the change they describe, and read in one order.
//!
//! | item | type |
//! |---|---|
//! | a row of the table `outbox_events` | [`OutboxEvent`] |
//! | a new event | [`NewOutboxEvent`], checked and converted into a row |
//! | the position of a consumer, a row of `outbox_cursors` | [`OutboxCursor`] |
//! | the verbs of writers and consumers | [`Outbox`]; as a trait, [`OutboxRepository`] |
//! | the verbs of the process that assigns positions | [`OutboxSequencer`] |
//! | the lease that this process holds | [`SequencerLease`] |
//!
//! An event has no position when it is written: transactions become visible in another order
//! than the one in which they began, and a reader that has seen event 8 would never look for the
//! event 7 that is committed later. So the *sequencer*, one at a time, assigns positions to events that
//! it can see, and readers follow the positions. The readable positions are always 1 to n, without gaps
//! (except for events that were trimmed).
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
//! // One process at a time assigns positions.
//! let sequencer = OutboxSequencer::new(store);
//! if let Some(mut lease) = sequencer.acquire("process-7", Duration::from_secs(60)).await? {
//!     assert_eq!(sequencer.sequence(&mut lease).await?.count, 1);
//! }
//!
//! // Consumers read the events after their position, and acknowledge them.
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
use crate::store_or_tx::StoreOrTx;

pub use batch::{OutboxBatch, OutboxStart, UnreadableEvent};
pub use cursor::OutboxCursor;
pub use event::OutboxEvent;
pub use new_event::NewOutboxEvent;
pub use sequencer::{OutboxSequencer, Sequenced, SequencerLease};

use batch::raise;
use cursor::{last_position, positions};

/// The outbox of a store, or in a transaction, where writers append events. The [module](self) has
/// a complete example.
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
    store: StoreOrTx,
}

impl Outbox {
    /// The outbox of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        let store = StoreOrTx::Store(store);
        Self { store }
    }

    /// The same outbox in a transaction: everything that is written is part of it.
    #[must_use]
    pub fn within(&self, tx: &Tx) -> Self {
        Self::of(StoreOrTx::Transaction(tx.clone()))
    }

    /// The outbox in a transaction of another domain.
    pub(crate) const fn of(store: StoreOrTx) -> Self {
        Self { store }
    }
}

/// The verbs on the outbox, for services that mock them: [`Outbox`] in production, and in a unit test a
/// `MockOutboxRepository` (feature `mock`).
///
/// # Errors
/// Every verb returns the kinds listed at it and those of [`Session`](genledger_contract::Session).
#[repository(OutboxRepository)]
impl Outbox {
    /// Appends an event, in the transaction of the change it describes, and returns whether it is new. An
    /// event that is already present, with the same content, is not written again.
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
    /// [`UniqueViolation`](genledger_contract::ErrorKind::UniqueViolation) when an event with this topic, aggregate and number is present with
    /// another kind or another payload; nothing was written. Also those of [`Session`](genledger_contract::Session).
    pub async fn append(&self, event: &OutboxEvent) -> Result<bool> {
        let outcomes = self.append_many(std::slice::from_ref(event)).await?;
        one_outcome(&outcomes, OutboxEvent::SEQ)
    }

    /// Appends events in one atomic step and returns for each, in order, whether it was new, already
    /// present, or present with another kind or another payload, in which case it is not written.
    ///
    /// # Errors
    /// Those of [`Session`](genledger_contract::Session).
    pub async fn append_many(&self, events: &[OutboxEvent]) -> Result<Vec<RowOutcome>> {
        let session = self.store.session();
        let mut outcomes = session.insert_if_absent(events).await?;
        for (event, outcome) in events.iter().zip(&mut outcomes) {
            // The stored row may have a position already, or the time of another attempt.
            if *outcome == RowOutcome::Different {
                let stored = session.get::<OutboxEvent>(&event.id).await?;
                if (&stored.kind, &stored.payload) == (&event.kind, &event.payload) {
                    *outcome = RowOutcome::Present;
                }
            }
        }
        Ok(outcomes)
    }

    /// Registers a consumer and returns its cursor. A consumer that is already registered keeps its position.
    ///
    /// From then on no event that it has not acknowledged is [trimmed](OutboxSequencer::trim).
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when the name is empty, longer than 64
    /// characters, begins with `$`, or is not a valid key text; also those of [`Session`](genledger_contract::Session).
    pub async fn register(&self, consumer: &str, start: OutboxStart) -> Result<OutboxCursor> {
        let mut cursor = OutboxCursor::of_consumer(consumer, 0)?;
        let session = self.store.session();
        if start == OutboxStart::End {
            cursor.position = last_position(&*session).await?;
        }
        // An existing cursor is kept and returned.
        let _ = session
            .insert_if_absent(std::slice::from_ref(&cursor))
            .await?;
        session.get(&cursor.name).await
    }

    /// Removes a consumer, which then no longer prevents trimming, and returns whether it was registered.
    ///
    /// # Errors
    /// As [`register`](Self::register).
    pub async fn unregister(&self, consumer: &str) -> Result<bool> {
        let cursor = OutboxCursor::of_consumer(consumer, 0)?;
        let session = self.store.session();
        session.delete::<OutboxCursor>(&cursor.name).await
    }

    /// Reads at most `limit` events (1 to 1000) after the position of a consumer, in order. It changes
    /// nothing: events that are not [acknowledged](Self::ack) are read again.
    ///
    /// # Errors
    /// [`NotFound`](genledger_contract::ErrorKind::NotFound) when no consumer is registered under this
    /// name; [`Invalid`](genledger_contract::ErrorKind::Invalid) for another limit; also those of
    /// [`Session`](genledger_contract::Session). An event that cannot be read is listed apart.
    pub async fn read(&self, consumer: &str, limit: u32) -> Result<OutboxBatch> {
        batch::read(&*self.store.session(), consumer, None, limit).await
    }

    /// [`read`](Self::read) of the events of one topic. A consumer has one position, so it should always
    /// read the same topic, or always all events.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn read_topic(&self, consumer: &str, topic: &str, limit: u32) -> Result<OutboxBatch> {
        batch::read(&*self.store.session(), consumer, Some(topic), limit).await
    }

    /// Acknowledges all events up to a position, and returns whether that raised the position of the
    /// consumer. A position never decreases: a lesser one changes nothing.
    ///
    /// # Errors
    /// [`NotFound`](genledger_contract::ErrorKind::NotFound) when no consumer is registered under this
    /// name; [`Invalid`](genledger_contract::ErrorKind::Invalid) for a position that no event has yet;
    /// also those of [`Session`](genledger_contract::Session).
    pub async fn ack(&self, consumer: &str, position: i64) -> Result<bool> {
        let session = self.store.session();
        let (_, last) = positions(&*session, consumer).await?;
        if position > last {
            let message = "is greater than the position of every event";
            return Err(Violation::new("position", "out_of_range", message).into());
        }
        let lesser = OutboxCursor::POSITION.lt(position);
        raise(&*session, consumer, lesser, position).await
    }

    /// Acknowledges a batch in a transaction, and returns whether its events were still unacknowledged:
    /// the position is unchanged since they were read. If the effects of the events are in the same
    /// transaction, each takes effect exactly once, also when several processes read for one consumer.
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
    ///             return Err(Error::refused("raced", "another process handled these events"));
    ///         }
    ///         // … the effects of the events, in `tx` …
    ///         Ok(())
    ///     })
    ///     .await
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](genledger_contract::ErrorKind::NotFound) when no consumer is registered under this
    /// name; also those of [`Session`](genledger_contract::Session).
    pub async fn ack_batch(&self, consumer: &str, batch: &OutboxBatch) -> Result<bool> {
        let session = &*self.store.session();
        let same = OutboxCursor::POSITION.eq(batch.start);
        if raise(session, consumer, same, batch.end).await? {
            return Ok(true);
        }
        positions(session, consumer).await?;
        Ok(false)
    }
}
