//! Records `tracing` events in tests.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{DefaultGuard, NoSubscriber};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};
use tracing_core::span::Current;

/// A subscriber that records events. A clone shares the recording.
///
/// ```
/// use genledger_conformance::{EventRecorder, Level};
/// use genledger_contract::Store;
/// use genledger_memory::MemoryStore;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let store = MemoryStore::new();
/// let recorder = EventRecorder::up_to(Level::DEBUG);
/// let guard = recorder.record();
/// // This executes no statement.
/// store.close().await;
/// drop(guard);
/// assert!(recorder.statements().is_empty());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct EventRecorder {
    level: Level,
    recording: Arc<Mutex<Recording>>,
}

#[derive(Debug, Default)]
struct Recording {
    events: Vec<RecordedEvent>,
    spans: HashMap<u64, RecordedSpan>,
    /// The spans that each thread is in.
    entered: HashMap<ThreadId, Vec<Id>>,
}

/// A span and its parent.
#[derive(Debug)]
struct RecordedSpan {
    metadata: &'static Metadata<'static>,
    parent: Option<u64>,
    text: String,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Its target.
    pub target: String,
    /// Its level.
    pub level: Level,
    /// Its fields and their values, the message among them.
    pub fields: HashMap<&'static str, String>,
    /// The spans that it is in, the innermost first: their names and fields.
    pub spans: Vec<String>,
}

impl RecordedEvent {
    /// The value of a field.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(String::as_str)
    }
}

impl EventRecorder {
    /// Records events and spans up to this level.
    #[must_use]
    pub fn up_to(level: Level) -> Self {
        Self {
            level,
            recording: Arc::default(),
        }
    }

    /// Records the events of this thread, until the guard is dropped.
    #[must_use]
    pub fn record(&self) -> DefaultGuard {
        // While there is only one subscriber in the process, tracing asks that of the thread which first
        // comes to an event: a thread without one would turn the event off for all.
        static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));
        LazyLock::force(&SECOND);
        tracing::subscriber::set_default(self.clone())
    }

    /// All events so far.
    #[must_use]
    pub fn events(&self) -> Vec<RecordedEvent> {
        self.state().events.clone()
    }

    /// The events of statements so far.
    #[must_use]
    pub fn statements(&self) -> Vec<RecordedEvent> {
        let events = self.events().into_iter();
        events
            .filter(|event| event.target == "genledger::statement")
            .collect()
    }

    fn state(&self) -> MutexGuard<'_, Recording> {
        self.recording
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recording {
    fn current(&self) -> Option<&Id> {
        self.entered.get(&thread::current().id())?.last()
    }

    /// The parent span of a new span or event.
    fn parent(&self, explicit: Option<&Id>, contextual: bool) -> Option<u64> {
        let current = || self.current().filter(|_| contextual);
        explicit.or_else(current).map(Id::into_u64)
    }
}

impl Subscriber for EventRecorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut state = self.state();
        let parent = state.parent(attributes.parent(), attributes.is_contextual());
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let mut text: Vec<String> = fields
            .0
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        text.sort();
        let metadata = attributes.metadata();
        let number = u64::try_from(state.spans.len()).unwrap_or(u64::MAX - 1) + 1;
        let scope = RecordedSpan {
            metadata,
            parent,
            text: format!("{}{{{}}}", metadata.name(), text.join(" ")),
        };
        state.spans.insert(number, scope);
        Id::from_u64(number)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut state = self.state();
        let mut spans = Vec::new();
        let mut next = state.parent(event.parent(), event.is_contextual());
        while let Some(scope) = next.and_then(|number| state.spans.get(&number)) {
            spans.push(scope.text.clone());
            next = scope.parent;
        }
        state.events.push(RecordedEvent {
            target: event.metadata().target().to_owned(),
            level: *event.metadata().level(),
            fields: fields.0,
            spans,
        });
    }

    fn enter(&self, span: &Id) {
        let mut state = self.state();
        let entered = state.entered.entry(thread::current().id()).or_default();
        entered.push(span.clone());
    }

    fn exit(&self, span: &Id) {
        let mut state = self.state();
        let entered = state.entered.entry(thread::current().id()).or_default();
        if let Some(index) = entered.iter().rposition(|one| one == span) {
            entered.remove(index);
        }
    }

    fn current_span(&self) -> Current {
        let state = self.state();
        match state.current() {
            Some(id) => Current::new(id.clone(), state.spans[&id.into_u64()].metadata),
            None => Current::none(),
        }
    }
}

/// The fields of an event or a span.
#[derive(Debug, Default)]
struct Fields(HashMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}
