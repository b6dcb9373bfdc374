//! Ids of activity logs.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::uuid_v7::UuidV7;
use crate::contract::entity::Operand;
use crate::contract::json::value_free;
use crate::contract::row::ParamSink;
use crate::contract::{Field, Result, Violation};
use crate::time::{Clock, SystemClock};

/// The id of an activity log: opaque text of at most 64 characters, made by the client.
///
/// Ids of this library are UUIDs of version 7 without hyphens, which sort by time; ids of other
/// systems are kept as they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Field)]
#[field(max_chars = 64, text)]
#[serde(transparent)]
pub struct ActivityId(#[serde(deserialize_with = "value_free")] String);

impl ActivityId {
    /// An id of another system: 1 to 64 characters, without control characters and without a trailing
    /// space, since databases do not agree on the order of such keys.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when the text breaks one of these rules.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        let orderly = !text.ends_with(' ') && !text.chars().any(|char| char < ' ');
        if !orderly || !(1..=64).contains(&text.chars().count()) {
            return Err(Violation::new(
                "id",
                "malformed",
                "must be 1 to 64 characters without control characters and without a trailing space",
            )
            .into());
        }
        Ok(Self(text))
    }

    /// A placeholder, to check a log that has no id yet.
    pub(crate) fn any() -> Self {
        Self("0".to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ActivityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Operand<ActivityId> for &str {
    fn write(self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.text(self)
    }
}

/// Makes ids of activity logs that sort by time, also within one millisecond. Generators need no
/// coordination: 74 bits of an id are random or count up from a random number.
///
/// ```
/// use std::sync::Arc;
/// use genledger::id::ActivityIdGenerator;
/// use genledger::time::ManualClock;
///
/// let ids = ActivityIdGenerator::new(Arc::new(ManualClock::at_unix_seconds(1_750_000_000)));
/// let first = ids.generate();
/// assert!(ids.generate() > first);
/// ```
#[derive(Debug)]
pub struct ActivityIdGenerator(UuidV7);

impl ActivityIdGenerator {
    /// A generator that follows a clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(UuidV7::new(clock))
    }

    /// A generator that follows the system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Arc::new(SystemClock))
    }

    /// The next id.
    #[must_use]
    pub fn generate(&self) -> ActivityId {
        ActivityId(self.0.generate().0.simple().to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use super::ActivityIdGenerator;
    use crate::time::ManualClock;

    /// Independent generators, within one millisecond.
    #[test]
    fn generators_never_make_the_same_id() {
        let clock = Arc::new(ManualClock::at_unix_seconds(1_750_000_000));
        let new = || ActivityIdGenerator::new(clock.clone());
        let (one, other) = (new(), new());
        let mut made = HashSet::new();
        for _ in 0..20_000 {
            assert!(made.insert(one.generate()));
            assert!(made.insert(other.generate()));
            assert!(made.insert(new().generate()));
        }
    }
}
