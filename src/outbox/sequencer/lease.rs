//! The lease of the sequencer: acquiring, renewing and releasing it.

use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use genledger_contract::{
    Entity, Error, Result, Session, SessionExt, Store, StoreExt, Violation, Violations,
};

use crate::outbox::cursor::SEQUENCER;
use crate::outbox::{OutboxCursor, OutboxSequencer};
use crate::validate::present;

/// The shortest and the longest lease.
const LENGTHS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3_600));

/// The lease of the sequencer, which one holder has at a time.
///
/// Its end alone revokes nothing: the holder may continue until another one takes the lease, which increments
/// its fencing number. Every write is guarded by that number, so a lease that was taken over changes
/// nothing.
///
/// ```
/// use std::time::Duration;
/// use genledger::contract::{ErrorKind, Store};
/// use genledger::outbox::OutboxSequencer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[genledger::schema::outbox()]).await?;
/// let sequencer = OutboxSequencer::new(store);
/// let minute = Duration::from_secs(60);
/// let lease = sequencer.acquire("process-1", minute).await?.unwrap();
/// assert!(sequencer.acquire("process-2", minute).await?.is_none());
///
/// // The same holder, restarted, gets it at once, and its earlier lease becomes stale.
/// let again = sequencer.acquire("process-1", minute).await?.unwrap();
/// assert_eq!(again.lease_seq(), lease.lease_seq() + 1);
/// let error = sequencer.release(lease).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::StaleLease);
/// sequencer.release(again).await?;
/// assert!(sequencer.acquire("process-2", minute).await?.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequencerLease {
    holder: String,
    lease_seq: i64,
    length: Duration,
    expires_at: DateTime<Utc>,
    /// When it was taken or renewed, by the clock of this computer, which is used only for the elapsed
    /// time.
    since: Instant,
}

/// A new end of a lease.
pub(super) struct Renewal {
    since: Instant,
    pub(super) expires_at: DateTime<Utc>,
}

impl Renewal {
    /// The end of a lease that starts now.
    async fn begin(store: &dyn Store, length: Duration) -> Result<Self> {
        let since = Instant::now();
        let clock = store.clock().await?;
        let length = TimeDelta::from_std(length).unwrap_or(TimeDelta::MAX);
        let end = clock.now().checked_add_signed(length);
        let end = end.ok_or_else(|| Error::corrupt("the clock of the store is out of range"))?;
        Ok(Self {
            since,
            expires_at: end.trunc_subsecs(3),
        })
    }
}

impl SequencerLease {
    /// The name of the holder.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// Its fencing number, which is incremented each time that it is taken.
    #[must_use]
    pub const fn lease_seq(&self) -> i64 {
        self.lease_seq
    }

    /// When another holder may take it, by the clock of the database.
    #[must_use]
    pub const fn expires_at(&self) -> DateTime<Utc> {
        self.expires_at
    }

    /// A new end, when a third of the lease has passed.
    pub(super) async fn renewal(&self, store: &dyn Store) -> Result<Option<Renewal>> {
        if self.since.elapsed() < self.length / 3 {
            return Ok(None);
        }
        Renewal::begin(store, self.length).await.map(Some)
    }

    /// Applies a renewal that was stored.
    pub(super) fn renewed(&mut self, renewal: Option<Renewal>) {
        if let Some(renewal) = renewal {
            self.since = renewal.since;
            self.expires_at = renewal.expires_at;
        }
    }

    /// The cursor, unless another holder has taken the lease.
    pub(super) async fn check(&self, session: &dyn Session) -> Result<OutboxCursor> {
        let cursor = session.find::<OutboxCursor>(&SEQUENCER.to_owned()).await?;
        let current = cursor.as_ref().map_or(0, |cursor| cursor.lease_seq);
        cursor
            .filter(|cursor| cursor.lease_seq == self.lease_seq)
            .ok_or_else(|| self.stale(current))
    }

    /// Stores a new end, or none, which releases the lease.
    pub(super) async fn write(
        &self,
        session: &dyn Session,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let mine = OutboxCursor::LEASE_SEQ.eq(self.lease_seq);
        let changes = [OutboxCursor::EXPIRES_AT.set(expires_at)];
        let key = SEQUENCER.to_owned();
        if session.update_if(&key, mine, changes).await? {
            return Ok(());
        }
        // Numbers only grow, so this finds the number that caused the conflict, or a later one.
        let cursor = self.check(session).await?;
        Err(self.stale(cursor.lease_seq))
    }

    fn stale(&self, current: i64) -> Error {
        Error::stale_lease(self.lease_seq, current).with_table(OutboxCursor::TABLE.name)
    }
}

impl OutboxSequencer {
    /// Takes the lease of the sequencer for 1 second to 1 hour, a minute for example, or returns `None`
    /// when another holder has it. Try again after a third of that time.
    ///
    /// The lease is free when it was never taken, was [released](Self::release), or has certainly
    /// ended by the clock of the database. A holder of the same name takes it at once, so that a restarted
    /// process need not wait; each process needs a distinct name.
    ///
    /// After [`OutcomeUnknown`](genledger_contract::ErrorKind::OutcomeUnknown) call it again.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) for a name that is empty or longer than 64
    /// characters, and for another length; also those of [`Session`].
    pub async fn acquire(&self, holder: &str, length: Duration) -> Result<Option<SequencerLease>> {
        check(holder, length)?;
        let renewal = Renewal::begin(&*self.store, length).await?;
        let session = self.store.session();
        let key = SEQUENCER.to_owned();
        let mut cursor = session.find::<OutboxCursor>(&key).await?;
        if cursor.is_none() {
            // Another process may insert it first; the row exists afterwards in both cases.
            let first = [OutboxCursor::at(SEQUENCER, 0)];
            let _ = session.insert_if_absent(&first).await?;
            cursor = session.find(&key).await?;
        }
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        if let (Some(other), Some(until)) = (&cursor.holder, cursor.expires_at)
            && other != holder
        {
            let clock = self.store.clock().await?;
            let error = TimeDelta::from_std(clock.error()).unwrap_or(TimeDelta::MAX);
            let over = clock.now().checked_sub_signed(error);
            if over.is_none_or(|now| now < until) {
                return Ok(None);
            }
        }
        // A holder that has renewed it meanwhile keeps it.
        let same_end = match cursor.expires_at {
            Some(until) => OutboxCursor::EXPIRES_AT.eq(until),
            None => OutboxCursor::EXPIRES_AT.is_null(),
        };
        let changes = [
            OutboxCursor::LEASE_SEQ.plus(1),
            OutboxCursor::HOLDER.set(holder),
            OutboxCursor::EXPIRES_AT.set(Some(renewal.expires_at)),
        ];
        let free = OutboxCursor::LEASE_SEQ.eq(cursor.lease_seq) & same_end;
        let taken = session.update_if(&key, free, changes).await?;
        Ok(taken.then(|| SequencerLease {
            holder: holder.to_owned(),
            lease_seq: cursor.lease_seq + 1,
            length,
            expires_at: renewal.expires_at,
            since: renewal.since,
        }))
    }

    /// Releases the lease, so that another holder need not wait for its end.
    ///
    /// # Errors
    /// [`StaleLease`](genledger_contract::ErrorKind::StaleLease) when another holder has taken it;
    /// also those of [`Session`].
    pub async fn release(&self, lease: SequencerLease) -> Result<()> {
        lease.write(&*self.store.session(), None).await
    }
}

fn check(holder: &str, length: Duration) -> Result<()> {
    let cursor = OutboxCursor {
        holder: Some(holder.to_owned()),
        ..OutboxCursor::at(SEQUENCER, 0)
    };
    let mut found = Violations::of(&cursor);
    present(&mut found, OutboxCursor::HOLDER, holder);
    if !(LENGTHS.0..=LENGTHS.1).contains(&length) {
        let message = "must be from 1 second to 1 hour";
        found.push(Violation::new("length", "out_of_range", message));
    }
    found.into_result().map_err(Error::from)
}
