//! Reading events, and the batch that a consumer gets.

use std::sync::mpsc;

use genledger_contract::query::MAX_PAGE_SIZE;
use genledger_contract::row::RowReader;
use genledger_contract::statement::{Direction, OrderBy, Predicate, Select};
use genledger_contract::{Entity, Error, Field, Filter, Result, Session, SessionExt, Violation};

use super::cursor::positions;
use super::{OutboxCursor, OutboxEvent};

/// The start position of a new consumer.
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
    /// At the oldest event that still exists.
    Beginning,
    /// After the last event that has a position.
    End,
}

/// A batch of events that a consumer has read.
///
/// ```
/// use genledger::outbox::{Outbox, OutboxEvent};
///
/// async fn round(outbox: &Outbox, handle: impl Fn(&OutboxEvent)) -> genledger::Result<bool> {
///     let batch = outbox.read_topic("mailer", "tasks", 100).await?;
///     batch.events.iter().for_each(handle);
///     for unreadable in &batch.unreadable {
///         eprintln!("event {} is skipped: {}", unreadable.position, unreadable.error);
///     }
///     // Only when everything is done: after a crash, unacknowledged events are read again.
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
    /// The position to acknowledge when all of them are done. It may be greater than the position of the
    /// last event, if no event of the topic follows up to there.
    pub end: i64,
    /// Whether there were more events at the time of reading.
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

/// Reads events after the position of a consumer: all, or those of one topic.
pub(super) async fn read(
    session: &dyn Session,
    consumer: &str,
    topic: Option<&str>,
    limit: u32,
) -> Result<OutboxBatch> {
    if !(1..=MAX_PAGE_SIZE).contains(&limit) {
        return Err(Violation::new("limit", "out_of_range", "must be from 1 to 1000").into());
    }
    // Every event up to the last position is visible: position and events were committed together.
    let (position, last) = positions(session, consumer).await?;
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
    let rows = rows(session, filter.predicate()?, limit).await?;
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

/// Raises the position of a consumer, if its cursor matches `from`.
pub(super) async fn raise(
    session: &dyn Session,
    consumer: &str,
    from: Filter<OutboxCursor>,
    position: i64,
) -> Result<bool> {
    let changes = [OutboxCursor::POSITION.set(position)];
    session.update_if(&consumer.to_owned(), from, changes).await
}

/// Events with their positions. An unreadable event is an error in its place.
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
        // The receiver may be dropped already; nothing is lost then.
        drop(sender.send((position, event)));
        Ok(())
    };
    session.select(select, Box::new(visitor)).await?;
    Ok(receiver.try_iter().collect())
}
