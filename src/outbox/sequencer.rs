//! `OutboxSequencer`: assigns positions to events.

mod lease;
mod waiting;

use std::sync::Arc;

use genledger_contract::query::{Change, Count, RowUpdate};
use genledger_contract::{Entity, Error, ErrorKind, Result, SessionExt, Store, StoreExt, Tx};

use super::cursor::SEQUENCER;
use super::event::Header;
use super::{OutboxCursor, OutboxEvent};

pub use lease::SequencerLease;

use waiting::Waiting;

/// The result of a round of the sequencer.
///
/// ```
/// use std::time::Duration;
/// use genledger::contract::ErrorKind;
/// use genledger::outbox::OutboxSequencer;
///
/// /// The loop that each process of a service runs; `sleep` is that of its runtime.
/// async fn sequence(sequencer: &OutboxSequencer, process: &str, sleep: impl AsyncFn(Duration)) {
///     loop {
///         let lease = sequencer.acquire(process, Duration::from_secs(60)).await;
///         if let Ok(Some(mut lease)) = lease {
///             loop {
///                 match sequencer.sequence(&mut lease).await {
///                     Ok(done) => {
///                         for error in &done.unreadable {
///                             eprintln!("an event gets no position: {error}");
///                         }
///                         if !done.more {
///                             sleep(Duration::from_millis(100)).await;
///                         }
///                     }
///                     Err(error) if error.kind() == ErrorKind::StaleLease => break,
///                     Err(error) => {
///                         eprintln!("{error}");
///                         sleep(Duration::from_secs(1)).await;
///                     }
///                 }
///             }
///         }
///         sleep(Duration::from_secs(20)).await;
///     }
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Sequenced {
    /// The number of events that got a position.
    pub count: usize,
    /// Whether more events are waiting.
    pub more: bool,
    /// The errors of waiting events whose keys are unreadable, so that they cannot get a position. They do not block the others.
    pub unreadable: Vec<Error>,
}

/// The verbs of the process that assigns positions to events, one at a time under a lease.
///
/// Each verb is a transaction by itself, so they run on a store.
///
/// ```
/// use genledger::outbox::OutboxSequencer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("memory:").await?;
/// let sequencer = OutboxSequencer::new(store);
/// # let _ = sequencer;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct OutboxSequencer {
    pub(super) store: Arc<dyn Store>,
}

impl OutboxSequencer {
    /// The sequencer of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Assigns positions to events that have none, a thousand or slightly more, after the last position, and
    /// renews the lease when a third of it has passed. The whole round is one transaction.
    ///
    /// Within an aggregate the positions have the order of the numbers, otherwise approximately that of the
    /// times.
    ///
    /// After [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) call it again: a round whose outcome is not
    /// known is found completed, or can no longer take effect.
    ///
    /// # Errors
    /// [`StaleLease`](ErrorKind::StaleLease) when another holder has taken the lease: nothing was changed,
    /// and this lease stays invalid; [`SerializationFailure`](ErrorKind::SerializationFailure) when every attempt
    /// conflicted with another writer; also those of [`StoreExt::transaction`].
    pub async fn sequence(&self, lease: &mut SequencerLease) -> Result<Sequenced> {
        let renewal = lease.renewal(&*self.store).await?;
        let session = self.store.session();
        let waiting = session.count(Header::POSITION.is_null(), 1).await?;
        let expires_at = renewal.as_ref().map(|renewal| renewal.expires_at);
        let done = if waiting == Count::Exactly(0) {
            if let Some(expires_at) = expires_at {
                lease.write(&*session, Some(expires_at)).await?;
            }
            Sequenced::default()
        } else {
            let held = &*lease;
            let changes: Vec<Change<OutboxCursor>> = expires_at
                .map(|time| OutboxCursor::EXPIRES_AT.set(Some(time)))
                .into_iter()
                .collect();
            let changes = &changes;
            let round = |tx: Tx| async move { round(&tx, held, changes.clone()).await };
            self.store.transaction(round).await?
        };
        lease.renewed(renewal);
        Ok(done)
    }
}

/// One round, in its transaction.
async fn round(
    tx: &Tx,
    lease: &SequencerLease,
    mut changes: Vec<Change<OutboxCursor>>,
) -> Result<Sequenced> {
    let last = lease.check(tx).await?.position;
    let waiting = Waiting::read(tx).await?;
    let count = waiting.in_order.len();
    let end = i64::try_from(count)
        .ok()
        .and_then(|count| last.checked_add(count));
    let end = end.ok_or_else(|| Error::corrupt("there are no positions left"))?;
    changes.push(OutboxCursor::POSITION.set(end));
    // The position is guarded as well: an earlier round of this lease whose outcome was unknown may be
    // committed only now.
    let mine = OutboxCursor::LEASE_SEQ.eq(lease.lease_seq()) & OutboxCursor::POSITION.eq(last);
    let moved = tx.update_if(&SEQUENCER.to_owned(), mine, changes).await?;
    in_time(moved)?;
    let positions = waiting.in_order.iter().zip(last + 1..);
    let updates = positions.map(|(id, position)| {
        let set = [OutboxEvent::POSITION.set(Some(position))];
        RowUpdate::new(id, OutboxEvent::POSITION.is_null(), set)
    });
    let given = tx.update_each(updates).await?;
    // A position without an event would be a gap.
    in_time(given.len() == count && given.iter().all(|given| *given))?;
    Ok(Sequenced {
        count,
        more: waiting.more,
        unreadable: waiting.unreadable,
    })
}

/// Checks that the rows are unchanged since they were read; otherwise the round is retried, and checks the lease again.
fn in_time(unchanged: bool) -> Result<()> {
    if unchanged {
        return Ok(());
    }
    let message = "another sequencer assigned positions at the same time";
    Err(Error::new(ErrorKind::SerializationFailure, message).with_table(OutboxCursor::TABLE.name))
}
