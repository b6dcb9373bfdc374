//! Selects the events that get a position next, and their order.

use std::collections::{BTreeMap, HashSet};

use genledger_contract::{Error, Filter, Query, Result, Session, SessionExt};
use uuid::Uuid;

use crate::outbox::event::Header;

/// The maximum number of events of a round, not counting those that must precede one of them.
const ROUND: u32 = 1_000;

/// The maximum number of aggregates in one statement.
const AGGREGATES: usize = 200;

/// Events without a position.
pub(super) struct Waiting {
    /// The keys of those that get a position now.
    pub(super) in_order: Vec<Uuid>,
    /// Whether there are more.
    pub(super) more: bool,
    /// Why some of them cannot get one.
    pub(super) unreadable: Vec<Error>,
}

/// An aggregate: topic and id.
type Aggregate<'e> = (&'e str, &'e str);

fn aggregate(event: &Header) -> Aggregate<'_> {
    (&event.topic, &event.aggregate_id)
}

impl Waiting {
    pub(super) async fn read(session: &dyn Session) -> Result<Self> {
        let mut query = Query::matching(Header::POSITION.is_null())
            .order_by([Header::CREATE_TIME.asc(), Header::ID.asc()])
            .page_size(ROUND);
        let (mut oldest, mut unreadable) = (Vec::new(), Vec::new());
        let more = loop {
            let page = session.page_lenient(&query).await?;
            for event in page.items {
                match event {
                    Ok(event) => oldest.push(event),
                    Err(event) => unreadable.push(event.error),
                }
            }
            match page.next {
                Some(next) if oldest.is_empty() => query = query.after(next),
                next => break next.is_some(),
            }
        };
        // Times come from many clocks: an event with a lesser number may be after the page. If there is no
        // further page, all visible events are in this one.
        let earlier = if more {
            earlier(session, &oldest).await?
        } else {
            Vec::new()
        };
        Ok(Self {
            in_order: in_order(&oldest, &earlier),
            more,
            unreadable,
        })
    }
}

/// The events without a position of the same aggregates that have lesser numbers and are not among them.
async fn earlier(session: &dyn Session, events: &[Header]) -> Result<Vec<Header>> {
    let mut last: BTreeMap<Aggregate<'_>, i64> = BTreeMap::new();
    for event in events {
        let last = last.entry(aggregate(event)).or_insert(event.seq);
        *last = event.seq.max(*last);
    }
    let known: HashSet<Uuid> = events.iter().map(|event| event.id).collect();
    let last: Vec<(Aggregate<'_>, i64)> = last.into_iter().collect();
    let mut found = Vec::new();
    for chunk in last.chunks(AGGREGATES) {
        let before = chunk.iter().map(|((topic, id), seq)| {
            Header::TOPIC.eq(*topic) & Header::AGGREGATE_ID.eq(*id) & Header::SEQ.lt(*seq)
        });
        let Some(before) = before.reduce(Filter::or) else {
            continue;
        };
        let mut query = Query::matching(Header::POSITION.is_null() & before).page_size(ROUND);
        loop {
            let page = session.page_lenient(&query).await?;
            // An unreadable event is reported when it is in the page itself.
            let readable = page.items.into_iter().flatten();
            found.extend(readable.filter(|event| !known.contains(&event.id)));
            match page.next {
                Some(next) => query = query.after(next),
                None => break,
            }
        }
    }
    Ok(found)
}

/// The keys in the order of their positions: events are ordered by time, and the events of an aggregate
/// are put into its slots in the order of their numbers. Earlier events go to the first of these slots.
fn in_order(oldest: &[Header], earlier: &[Header]) -> Vec<Uuid> {
    let mut aggregates: BTreeMap<Aggregate<'_>, (Vec<usize>, Vec<&Header>)> = BTreeMap::new();
    for (place, event) in oldest.iter().enumerate() {
        let (places, events) = aggregates.entry(aggregate(event)).or_default();
        places.push(place);
        events.push(event);
    }
    for event in earlier {
        let (places, events) = aggregates.entry(aggregate(event)).or_default();
        let first = places.first().copied().unwrap_or_default();
        places.insert(0, first);
        events.push(event);
    }
    let mut placed = Vec::with_capacity(oldest.len() + earlier.len());
    for (places, mut events) in aggregates.into_values() {
        events.sort_unstable_by_key(|event| event.seq);
        let with_place = places.into_iter().zip(events);
        placed.extend(with_place.map(|(place, event)| (place, event.seq, event.id)));
    }
    placed.sort_unstable();
    placed.into_iter().map(|(_, _, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{Header, in_order};
    use crate::outbox::OutboxEvent;

    fn event(aggregate: &str, seq: i64) -> Header {
        Header {
            id: OutboxEvent::id_of("t", aggregate, seq),
            topic: "t".into(),
            aggregate_id: aggregate.into(),
            seq,
            create_time: DateTime::UNIX_EPOCH,
            position: None,
        }
    }

    #[test]
    fn aggregates_keep_their_places_and_the_order_of_their_numbers() {
        let oldest = [("a", 9), ("b", 1), ("a", 4), ("c", 7), ("b", 2), ("a", 5)];
        let oldest = oldest.map(|(aggregate, seq)| event(aggregate, seq));
        let earlier = [("c", 6), ("a", 3), ("c", 2)].map(|(id, seq)| event(id, seq));
        let expected = [
            ("a", 3),
            ("a", 4),
            ("b", 1),
            ("a", 5),
            ("c", 2),
            ("c", 6),
            ("c", 7),
            ("b", 2),
            ("a", 9),
        ];
        let expected = expected.map(|(aggregate, seq)| event(aggregate, seq).id);
        assert_eq!(in_order(&oldest, &earlier), expected);
        assert!(in_order(&[], &[]).is_empty());
    }
}
