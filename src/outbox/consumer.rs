//! Reading events in order.

use std::sync::mpsc;

use genledger_contract::{
    Direction, Entity, Error, Field, Filter, MAX_PAGE_SIZE, OrderBy, Predicate, Result, RowReader,
    Select, Session, SessionExt, Violation,
};

use super::cursor::{last_position, positions};
use super::{Outbox, OutboxCursor, OutboxEvent};

/// Where a new consumer begins.
///
/// ```
/// use genledger::outbox::{Outbox, OutboxStart};
/// # use genledger::contract::Store;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// # let store = genledger::connect("memory:").await?;
/// # store.migrate(&[genledger::schema::outbox()]).await?;
/// let outbox = Outbox::new(store);
/// outbox.register("search-index", OutboxStart::Beginning).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboxStart {
    /// With the oldest event that is still there.
    Beginning,
    /// Behind the last event that has a position.
    End,
}

/// What a consumer reads at once.
///
/// ```
/// use genledger::outbox::{Outbox, OutboxEvent};
///
/// async fn round(outbox: &Outbox, handle: impl Fn(&OutboxEvent)) -> genledger::Result<bool> {
///     let batch = outbox.read("mailer", Some("tasks"), 100).await?;
///     batch.events.iter().for_each(handle);
///     for unreadable in &batch.unreadable {
///         eprintln!("event {} is passed over: {}", unreadable.position, unreadable.error);
///     }
///     // Not before everything is done: after a crash, what was not acknowledged is read again.
///     outbox.ack("mailer", batch.end).await?;
///     Ok(batch.more)
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct OutboxBatch {
    /// The position of the consumer when they were read.
    pub start: i64,
    /// The events, in the order of their positions.
    pub events: Vec<OutboxEvent>,
    /// Events among them that cannot be read.
    pub unreadable: Vec<UnreadableEvent>,
    /// What to acknowledge when all of them are done. It may be greater than the position of the last
    /// event: no event of the topic stands in between.
    pub end: i64,
    /// Whether there were more events when these were read.
    pub more: bool,
}

/// An event that cannot be read, such as one that another program wrote.
///
/// ```
/// use genledger::outbox::OutboxBatch;
///
/// fn positions(batch: &OutboxBatch) -> Vec<i64> {
///     batch.unreadable.iter().map(|event| event.position).collect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct UnreadableEvent {
    /// Its position.
    pub position: i64,
    /// Why it cannot be read.
    pub error: Error,
}

impl Outbox {
    /// Registers a consumer and returns its cursor. One that is registered already stays where it is.
    ///
    /// From then on no event that it has not acknowledged is [trimmed](Self::trim).
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when the name is empty, longer than 64
    /// characters, begins with `$`, or is none that a key can be; otherwise those of [`Session`].
    pub async fn register(&self, consumer: &str, start: OutboxStart) -> Result<OutboxCursor> {
        let mut cursor = OutboxCursor::of_consumer(consumer, 0)?;
        let session = self.store.session();
        if start == OutboxStart::End {
            cursor.position = last_position(&*session).await?;
        }
        // What is there is kept, and returned.
        let _ = session.insert_many(std::slice::from_ref(&cursor)).await?;
        session.get(&cursor.name).await
    }

    /// Forgets a consumer, which holds back no event any longer, and returns whether there was one.
    ///
    /// # Errors
    /// As [`register`](Self::register).
    pub async fn unregister(&self, consumer: &str) -> Result<bool> {
        let cursor = OutboxCursor::of_consumer(consumer, 0)?;
        let session = self.store.session();
        session.delete::<OutboxCursor>(&cursor.name).await
    }

    /// Reads at most `limit` events (1 to 1000) behind the position of a consumer, in order: all, or
    /// those of one topic. It changes nothing: what is not [acknowledged](Self::ack) is read again.
    ///
    /// A consumer of one topic reads that topic always, since it has one position.
    ///
    /// # Errors
    /// [`NotFound`](genledger_contract::ErrorKind::NotFound) when no consumer is registered under this
    /// name; [`Invalid`](genledger_contract::ErrorKind::Invalid) for another limit; otherwise those of
    /// [`Session`]. An event that cannot be read is none.
    pub async fn read(
        &self,
        consumer: &str,
        topic: Option<&str>,
        limit: u32,
    ) -> Result<OutboxBatch> {
        if !(1..=MAX_PAGE_SIZE).contains(&limit) {
            return Err(Violation::new("limit", "out_of_range", "must be from 1 to 1000").into());
        }
        let session = self.store.session();
        // Every event up to the last position can be seen by now: both were committed together.
        let (position, last) = positions(&*session, consumer).await?;
        let mut batch = OutboxBatch {
            start: position,
            events: Vec::new(),
            unreadable: Vec::new(),
            end: last.max(position),
            more: false,
        };
        if position >= last {
            return Ok(batch);
        }
        let filter = (OutboxEvent::POSITION.gt(position) & OutboxEvent::POSITION.le(last))
            .and_maybe(topic.map(|topic| OutboxEvent::TOPIC.eq(topic)));
        let rows = rows(&*session, filter.predicate()?, limit).await?;
        if let Some((position, _)) = rows.last()
            && rows.len() >= usize::try_from(limit).unwrap_or(usize::MAX)
        {
            batch.end = *position;
            batch.more = *position < last;
        }
        for (position, event) in rows {
            match event {
                Ok(event) => batch.events.push(event),
                Err(error) => batch.unreadable.push(UnreadableEvent { position, error }),
            }
        }
        Ok(batch)
    }

    /// Says that a consumer has done everything up to a position, and returns whether that raised its
    /// position. It never goes back: a lesser position changes nothing.
    ///
    /// # Errors
    /// [`NotFound`](genledger_contract::ErrorKind::NotFound) when no consumer is registered under this
    /// name; [`Invalid`](genledger_contract::ErrorKind::Invalid) for a position that no event has yet;
    /// otherwise those of [`Session`].
    pub async fn ack(&self, consumer: &str, position: i64) -> Result<bool> {
        let session = self.store.session();
        let (_, last) = positions(&*session, consumer).await?;
        if position > last {
            let message = "is greater than that of every event";
            return Err(Violation::new("position", "out_of_range", message).into());
        }
        let lesser = OutboxCursor::POSITION.lt(position);
        raise(&*session, consumer, lesser, position).await
    }

    /// Acknowledges a batch in the transaction of a caller, and returns whether its events were still to be
    /// done: the consumer is where it was when they were read. Where what the events lead to is in the same
    /// transaction, each has its effect exactly once, also when several processes read for one consumer.
    ///
    /// ```
    /// use genledger::contract::{Error, ErrorKind, StoreExt};
    /// use genledger::outbox::Outbox;
    /// # use genledger::contract::Store;
    ///
    /// # async fn round(outbox: Outbox, store: std::sync::Arc<dyn Store>) -> genledger::Result<()> {
    /// let batch = &outbox.read("totals", None, 100).await?;
    /// store
    ///     .transaction(|tx| async move {
    ///         if !Outbox::ack_in(&tx, "totals", batch).await? {
    ///             return Err(Error::new(ErrorKind::Conflict, "another process did these events"));
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
    /// name; otherwise those of [`Session`].
    pub async fn ack_in(
        session: &dyn Session,
        consumer: &str,
        batch: &OutboxBatch,
    ) -> Result<bool> {
        let same = OutboxCursor::POSITION.eq(batch.start);
        if raise(session, consumer, same, batch.end).await? {
            return Ok(true);
        }
        positions(session, consumer).await?;
        Ok(false)
    }
}

async fn raise(
    session: &dyn Session,
    consumer: &str,
    from: Filter<OutboxCursor>,
    position: i64,
) -> Result<bool> {
    let changes = [OutboxCursor::POSITION.set(position)];
    session.update_if(&consumer.to_owned(), from, changes).await
}

/// Events with their positions. An event that cannot be read is an error in its place.
async fn rows(
    session: &dyn Session,
    filter: Predicate,
    limit: u32,
) -> Result<Vec<(i64, Result<OutboxEvent>)>> {
    let column = OutboxEvent::POSITION.position();
    let mut select = Select::all_columns(OutboxEvent::TABLE, filter);
    select.order = vec![OrderBy {
        column,
        direction: Direction::Ascending,
    }];
    select.limit = Some(u64::from(limit));
    let (sender, receiver) = mpsc::channel();
    let visitor = move |row: &dyn RowReader| {
        let position = i64::read(row, column)?;
        let event = OutboxEvent::read(row).map_err(|error| {
            error
                .with_table(OutboxEvent::TABLE.name)
                .with_key(position.to_string())
        });
        // The receiver may be gone, which loses nothing.
        drop(sender.send((position, event)));
        Ok(())
    };
    session.select(select, Box::new(visitor)).await?;
    Ok(receiver.try_iter().collect())
}
