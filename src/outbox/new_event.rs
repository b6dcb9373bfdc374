//! `NewOutboxEvent` and its builder.

use chrono::{DateTime, SubsecRound, Utc};
use genledger_contract::Result;

use super::OutboxEvent;
use crate::json::JsonObject;
use crate::validate::Validate;

/// A new event, before it is written. Its rules are those of [`OutboxEvent`].
///
/// ```
/// use genledger::json::{JsonKey, JsonObject};
/// use genledger::outbox::NewOutboxEvent;
///
/// let payload = JsonObject::new().with(JsonKey::<String>::new("to"), "done");
/// let event = NewOutboxEvent::new("tasks", "task-1", 7, "status_changed")
///     .payload(payload)
///     .into_event(chrono::Utc::now())?;
/// assert_eq!(event.payload.as_str(), r#"{"to":"done"}"#);
///
/// let broken = NewOutboxEvent::new("", "task-1 ", 7, "status_changed");
/// let error = broken.into_event(chrono::Utc::now()).unwrap_err();
/// let rules: Vec<_> = error.violations().iter().map(|one| one.rule()).collect();
/// assert_eq!(rules, ["trailing_space", "required"]);
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewOutboxEvent {
    /// See [`OutboxEvent::topic`].
    pub topic: String,
    /// See [`OutboxEvent::aggregate_id`].
    pub aggregate_id: String,
    /// See [`OutboxEvent::seq`].
    pub seq: i64,
    /// See [`OutboxEvent::kind`].
    pub kind: String,
    /// See [`OutboxEvent::payload`].
    pub payload: JsonObject,
}

impl NewOutboxEvent {
    /// An event of a kind that happened to an aggregate, with its number among those of the aggregate.
    ///
    /// Use a number that the guarded update of the change increments, such
    /// as the row's version: the events of an aggregate are read in the order of their numbers if they are
    /// committed in that order.
    #[must_use]
    pub fn new(
        topic: impl Into<String>,
        aggregate_id: impl Into<String>,
        seq: i64,
        kind: impl Into<String>,
    ) -> Self {
        Self {
            topic: topic.into(),
            aggregate_id: aggregate_id.into(),
            seq,
            kind: kind.into(),
            payload: JsonObject::new(),
        }
    }

    /// The details; an empty object when there are none.
    #[must_use]
    pub fn payload(mut self, payload: JsonObject) -> Self {
        self.payload = payload;
        self
    }

    /// The event, written at this time.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with every broken rule.
    pub fn into_event(self, now: DateTime<Utc>) -> Result<OutboxEvent> {
        let event = OutboxEvent {
            id: OutboxEvent::id_of(&self.topic, &self.aggregate_id, self.seq),
            topic: self.topic,
            aggregate_id: self.aggregate_id,
            seq: self.seq,
            kind: self.kind,
            payload: if self.payload.is_empty() {
                JsonObject::from_text("{}")
            } else {
                self.payload
            },
            // Normalised as it is stored, so that it is read as it was written.
            create_time: now.trunc_subsecs(3),
            position: None,
        };
        event.validate()?;
        Ok(event)
    }
}
