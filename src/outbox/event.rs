//! The entity `OutboxEvent`: its columns and rules.

use chrono::{DateTime, Utc};
use genledger_contract::{Entity, Violations};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::json::JsonObject;
use crate::validate::{Validate, inside, present};

/// Something that happened to an aggregate, which consumers read.
///
/// # Guarantees
/// - It exists if, and only if, the transaction that wrote it was committed.
/// - Topic, aggregate and number identify it: if it is written again, it is recognised.
/// - A position is assigned once, in the order of the numbers within an aggregate, and never changes.
///
/// Events come from [`NewOutboxEvent`](super::NewOutboxEvent) or from a store.
///
/// ```
/// use genledger::outbox::NewOutboxEvent;
///
/// let now = "2025-06-01T12:00:00.123456Z".parse()?;
/// let event = NewOutboxEvent::new("tasks", "task-1", 7, "deleted").into_event(now)?;
/// assert_eq!(event.position, None); // until the sequencer has seen it
/// assert_eq!(event.create_time.to_rfc3339(), "2025-06-01T12:00:00.123+00:00");
/// let again = NewOutboxEvent::new("tasks", "task-1", 7, "deleted").into_event(now)?;
/// assert_eq!(again.id, event.id);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(
    table = "outbox_events",
    key(id),
    unique(topic, aggregate_id, seq),
    unique(position),
    index(position, create_time, id)
)]
#[non_exhaustive]
pub struct OutboxEvent {
    /// Primary key: topic, aggregate and number as a name-based UUID (RFC 9562, version 8) with SHA-256,
    /// so that the same event has the same key.
    pub id: Uuid,
    /// What it is about: `generation.image`; 1 to 50 characters.
    #[column(max_chars = 50)]
    pub topic: String,
    /// The thing that it happened to; 1 to 64 characters.
    #[column(max_chars = 64)]
    pub aggregate_id: String,
    /// Its number among those of the aggregate: the version of the row after the change.
    pub seq: i64,
    /// What happened: `status_changed`; 1 to 40 characters.
    #[column(max_chars = 40)]
    pub kind: String,
    /// The details, a JSON object.
    pub payload: JsonObject,
    /// When it was written, by the clock of the writer, in UTC, to the millisecond.
    #[column(time = "datetime3")]
    pub create_time: DateTime<Utc>,
    /// Its place in the order of all events, from 1 on; absent until the sequencer has seen it.
    pub position: Option<i64>,
}

impl OutboxEvent {
    /// The primary key of an event.
    pub(super) fn id_of(topic: &str, aggregate_id: &str, seq: i64) -> Uuid {
        let mut digest = Sha256::new();
        // A text cannot contain NUL, so the texts are separated unambiguously.
        for text in [topic, aggregate_id] {
            digest.update(text);
            digest.update([0]);
        }
        digest.update(seq.to_be_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.finalize()[..16]);
        Builder::from_custom_bytes(bytes).into_uuid()
    }
}

impl Validate for OutboxEvent {
    /// | rule | where |
    /// |---|---|
    /// | `required` | the topic, the aggregate or the kind is empty |
    /// | `too_long`, `nul_character` | a text has more characters than its column takes, or a NUL character |
    /// | `trailing_space`, `control_character` | in the topic or the aggregate, which are part of the key |
    /// | `out_of_range` | the time is not in the years 1000 to 9999 |
    /// | `not_finite`, `not_json`, `not_an_object`, `duplicate_key` | in `payload`, with the path of the member |
    fn violations(&self) -> Violations {
        let mut within = Violations::new();
        within.extend(self.payload.violations_at("payload", &[]));
        let mut found = inside(Violations::of(self), Self::PAYLOAD, within);
        present(&mut found, Self::TOPIC, &self.topic);
        present(&mut found, Self::AGGREGATE_ID, &self.aggregate_id);
        present(&mut found, Self::KIND, &self.kind);
        found
    }
}

/// An event without its content: the sequencer and `trim` read no payload, so that an unreadable one
/// cannot stop them.
#[derive(Clone, Debug, Entity)]
#[entity(
    table = "outbox_events",
    key(id),
    unique(topic, aggregate_id, seq),
    unique(position),
    index(position, create_time, id)
)]
pub(super) struct Header {
    pub(super) id: Uuid,
    #[column(max_chars = 50)]
    pub(super) topic: String,
    #[column(max_chars = 64, filter)]
    pub(super) aggregate_id: String,
    #[column(filter)]
    pub(super) seq: i64,
    #[column(time = "datetime3")]
    pub(super) create_time: DateTime<Utc>,
    pub(super) position: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::OutboxEvent;

    #[test]
    fn every_part_of_the_key_counts_and_the_number_stays() {
        let ids = [
            OutboxEvent::id_of("a", "b", 1),
            OutboxEvent::id_of("a", "b", 2),
            OutboxEvent::id_of("a", "c", 1),
            OutboxEvent::id_of("ab", "", 1),
            OutboxEvent::id_of("", "ab", 1),
        ];
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        // It is stored: another key for the same event would write it twice.
        assert_eq!(ids[0].to_string(), "5eeb8fdc-8ff0-8c85-8fbd-7eedf482fcec");
        assert_eq!(ids[0].get_version_num(), 8);
    }
}
