//! The outbox: events that are written in the transaction of the change they describe, and read in one order.
//!
//! | what | type |
//! |---|---|
//! | a row of the table `outbox_events` | [`OutboxEvent`] |
//! | what a caller creates | [`NewOutboxEvent`], checked and turned into a row |
//! | how far a consumer has come, a row of `outbox_cursors` | [`OutboxCursor`] |
//! | the verbs | [`Outbox`] over any store |
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
//! use genledger::outbox::{NewOutboxEvent, Outbox, OutboxStart};
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
//! store.transaction(|tx| async move { Outbox::append(&tx, event).await }).await?;
//!
//! // One process of all gives positions.
//! if let Some(mut lease) = outbox.acquire("process-7", Duration::from_secs(60)).await? {
//!     assert_eq!(outbox.sequence(&mut lease).await?.count, 1);
//! }
//!
//! // Consumers read what comes after their position, and say how far they have come.
//! let batch = outbox.read("mailer", None, 100).await?;
//! for event in &batch.events {
//!     println!("{}: {:?}", event.aggregate_id, event.payload.get(TO)?);
//! }
//! outbox.ack("mailer", batch.end).await?;
//! assert!(outbox.read("mailer", None, 100).await?.events.is_empty());
//! # Ok(())
//! # }
//! ```

mod append;
mod consumer;
mod cursor;
mod event;
mod new_event;
mod sequencer;
mod trim;

use std::sync::Arc;

use genledger_contract::Store;

pub use consumer::{OutboxBatch, OutboxStart, UnreadableEvent};
pub use cursor::OutboxCursor;
pub use event::OutboxEvent;
pub use new_event::NewOutboxEvent;
pub use sequencer::{Sequenced, SequencerLease};

/// The outbox of a store. The [module](self) has an example of all of it.
///
/// What belongs to the transaction of a caller takes its session and needs no value of this type:
/// [`append`](Self::append), [`append_many`](Self::append_many), [`ack_in`](Self::ack_in).
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
    store: Arc<dyn Store>,
}

impl Outbox {
    /// The outbox of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }
}
