//! The entity `OutboxCursor`: the position of a consumer, or of the sequencer.

use chrono::{DateTime, Utc};
use genledger_contract::{
    Entity, Error, ErrorKind, Query, Result, Session, SessionExt, Violation, Violations,
};

use crate::validate::present;

/// The cursor of the sequencer. Names of consumers must not begin with `$`.
pub(super) const SEQUENCER: &str = "$sequencer";

/// The position of a consumer, or of the sequencer, whose name is `$sequencer`.
///
/// ```
/// use genledger::contract::Repository;
/// use genledger::outbox::{Outbox, OutboxCursor, OutboxStart};
/// use genledger::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[genledger::schema::outbox()]).await?;
/// let outbox = Outbox::new(store.clone());
/// let cursor = outbox.register("mailer", OutboxStart::End).await?;
/// assert_eq!((cursor.name.as_str(), cursor.position), ("mailer", 0));
///
/// // Which consumers are behind?
/// let cursors = store.repository::<OutboxCursor>();
/// assert_eq!(cursors.page(&Query::default()).await?.items, [cursor]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(table = "outbox_cursors", key(name))]
#[non_exhaustive]
pub struct OutboxCursor {
    /// Primary key: the name of a consumer, or `$sequencer`; 1 to 64 characters.
    #[column(max_chars = 64)]
    pub name: String,
    /// The last position that the consumer acknowledged, or that the sequencer gave; 0 for none.
    #[column(filter, default = 0)]
    pub position: i64,
    /// The fencing number of the lease, which counts up each time that it is taken. Only the sequencer
    /// has a lease.
    #[column(default = 0)]
    pub lease_seq: i64,
    /// Who has the lease; at most 64 characters.
    #[column(max_chars = 64)]
    pub holder: Option<String>,
    /// When the lease may be taken by another holder, by the clock of the database.
    #[column(time = "datetime3")]
    pub expires_at: Option<DateTime<Utc>>,
}

impl OutboxCursor {
    /// A cursor without a lease.
    pub(super) fn at(name: &str, position: i64) -> Self {
        Self {
            name: name.to_owned(),
            position,
            lease_seq: 0,
            holder: None,
            expires_at: None,
        }
    }

    /// A new cursor of a consumer.
    ///
    /// # Errors
    /// `Invalid` when the name is not a valid name of a consumer.
    pub(super) fn of_consumer(name: &str, position: i64) -> Result<Self> {
        let cursor = Self::at(name, position);
        let mut found = Violations::of(&cursor);
        present(&mut found, Self::NAME, name);
        let message = "begins with $, which is reserved for the library";
        found.check(name.starts_with('$'), Self::NAME, "reserved", message);
        found.into_result()?;
        Ok(cursor)
    }
}

/// The last position that was assigned; 0 before the first.
pub(super) async fn last_position(session: &dyn Session) -> Result<i64> {
    let cursor = session.find::<OutboxCursor>(&SEQUENCER.to_owned()).await?;
    Ok(cursor.map_or(0, |cursor| cursor.position))
}

/// The position of a consumer, and the last one that was assigned.
///
/// # Errors
/// `NotFound` when no consumer has this name.
pub(super) async fn positions(session: &dyn Session, consumer: &str) -> Result<(i64, i64)> {
    if consumer.starts_with('$') {
        return Err(Violation::new("name", "reserved", "is not a name of a consumer").into());
    }
    let both = Query::matching(OutboxCursor::NAME.is_in([consumer, SEQUENCER]));
    let cursors = session.page(&both).await?.items;
    let of = |name: &str| cursors.iter().find(|cursor| cursor.name == name);
    let Some(cursor) = of(consumer) else {
        let message = "no consumer is registered under this name";
        return Err(Error::new(ErrorKind::NotFound, message).with_table(OutboxCursor::TABLE.name));
    };
    let last = of(SEQUENCER).map_or(0, |cursor| cursor.position);
    Ok((cursor.position, last))
}
