//! What a test hears of `tracing`.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_core::span::Current;

/// A subscriber that keeps what it is told. A clone hears the same.
///
/// ```
/// use genledger_conformance::{Heard, Level};
/// use genledger_contract::Store;
/// use genledger_memory::MemoryStore;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let store = MemoryStore::new();
/// let heard = Heard::up_to(Level::DEBUG);
/// let guard = heard.listen();
/// // Nothing is a statement of this.
/// store.close().await;
/// drop(guard);
/// assert!(heard.statements().is_empty());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Heard {
    level: Level,
    told: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    events: Vec<Told>,
    spans: HashMap<u64, Scope>,
    /// The spans that each thread is in.
    entered: HashMap<ThreadId, Vec<Id>>,
}

/// A span, and what it is in.
#[derive(Debug)]
struct Scope {
    metadata: &'static Metadata<'static>,
    parent: Option<u64>,
    shown: String,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its target.
    pub target: String,
    /// Its level.
    pub level: Level,
    /// Its fields and their values, the message among them.
    pub fields: HashMap<&'static str, String>,
    /// The spans that it is in, the innermost first: their names and fields.
    pub spans: Vec<String>,
}

impl Told {
    /// The value of a field.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(String::as_str)
    }
}

impl Heard {
    /// Hears events and spans up to this level.
    #[must_use]
    pub fn up_to(level: Level) -> Self {
        Self {
            level,
            told: Arc::default(),
        }
    }

    /// Listens to what is told on this thread, until the guard is dropped.
    #[must_use]
    pub fn listen(&self) -> DefaultGuard {
        tracing::subscriber::set_default(self.clone())
    }

    /// All events so far.
    #[must_use]
    pub fn all(&self) -> Vec<Told> {
        self.state().events.clone()
    }

    /// The events of statements so far.
    #[must_use]
    pub fn statements(&self) -> Vec<Told> {
        let all = self.all().into_iter();
        all.filter(|told| told.target == "genledger::statement")
            .collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn current(&self) -> Option<&Id> {
        self.entered.get(&thread::current().id())?.last()
    }

    /// The span that something new is in.
    fn parent(&self, explicit: Option<&Id>, contextual: bool) -> Option<u64> {
        let current = || self.current().filter(|_| contextual);
        explicit.or_else(current).map(Id::into_u64)
    }
}

impl Subscriber for Heard {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut state = self.state();
        let parent = state.parent(attributes.parent(), attributes.is_contextual());
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let mut shown: Vec<String> = fields
            .0
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        shown.sort();
        let metadata = attributes.metadata();
        let number = u64::try_from(state.spans.len()).unwrap_or(u64::MAX - 1) + 1;
        let scope = Scope {
            metadata,
            parent,
            shown: format!("{}{{{}}}", metadata.name(), shown.join(" ")),
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
            spans.push(scope.shown.clone());
            next = scope.parent;
        }
        state.events.push(Told {
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
        if let Some(place) = entered.iter().rposition(|one| one == span) {
            entered.remove(place);
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
