//! Ids of log rows: 64 bits that sort by time.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use genledger_contract::json::integer;
use genledger_contract::{Error, Field, Result, Violation};
use serde::{Deserialize, Deserializer, Serialize};

use super::NodeId;

/// 2024-01-01T00:00:00Z in milliseconds since 1970.
const EPOCH: i64 = 1_704_067_200_000;
const TIME_BITS: u32 = 41;
pub(super) const SEQUENCE_BITS: u32 = 12;
/// The greatest count of milliseconds since the epoch, on 2093-09-06.
pub(super) const MAX_MILLIS: i64 = (1 << TIME_BITS) - 1;
/// The least, on 1954-04-26: the sign bit in front of the others.
const MIN_MILLIS: i64 = -(1 << TIME_BITS);
const MAX_SEQUENCE: i64 = (1 << SEQUENCE_BITS) - 1;

/// The id of a log row.
///
/// Made by [`UsageLogIdGenerator`](super::UsageLogIdGenerator), it sorts by time: from the top, a zero sign
/// bit, 41 bits of milliseconds since 2024-01-01T00:00:00Z (until 2093-09-06), 10 bits for the
/// [node](NodeId) and 12 bits of sequence. Replays of older data make negative ids, which count the
/// milliseconds back to 1954 and sort before all others. Rows of an adopted table may carry any
/// other number, such as an auto-increment; then [`timestamp`](Self::timestamp),
/// [`node`](Self::node) and [`sequence`](Self::sequence) have no meaning.
///
/// # Text and JSON
/// `Display` and `FromStr` use the plain decimal digits, for example `"247302400118784000"`. JSON is
/// written as a **number** and read from a number or a string. Generated ids exceed 2⁵³, which
/// JavaScript's numbers cannot hold exactly: where a browser reads them, as in the views of usage logs,
/// they are written as text with [`as_string`](super::as_string).
///
/// ```
/// use genledger::id::{UsageLogId, NodeId};
///
/// let id = UsageLogId::from_parts("2024-06-01T12:00:00Z".parse()?, NodeId::new(3)?, 7)?;
/// assert_eq!(id.to_string().parse::<UsageLogId>()?, id);
/// assert_eq!(serde_json::to_string(&id)?, id.to_string());
/// assert_eq!(id.timestamp().to_rfc3339(), "2024-06-01T12:00:00+00:00");
/// assert_eq!((id.node().get(), id.sequence()), (3, 7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Field)]
#[serde(transparent)]
pub struct UsageLogId(i64);

impl<'de> Deserialize<'de> for UsageLogId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        integer(deserializer).map(Self)
    }
}

impl UsageLogId {
    /// The id with this number: any 64-bit integer, for existing rows.
    #[must_use]
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// An id from its parts, so that a replay of the same input makes the same ids.
    ///
    /// `timestamp` counts in whole milliseconds; `sequence` is 0 to 4095.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when the time is before 1954-04-26 or
    /// after 2093-09-06, or the sequence is above 4095.
    pub fn from_parts(timestamp: DateTime<Utc>, node: NodeId, sequence: u16) -> Result<Self> {
        if i64::from(sequence) > MAX_SEQUENCE {
            return Err(Error::from(Violation::new(
                "sequence",
                "out_of_range",
                "must be from 0 to 4095",
            )));
        }
        let millis = millis(timestamp, MIN_MILLIS)?;
        Ok(Self::compose(millis, node, i64::from(sequence)))
    }

    /// The id of a row of a file that is replayed: its time, a node set aside for replays, and the
    /// number of the row.
    ///
    /// The sequence is the row's number modulo 4096, so rows of one millisecond get different ids as
    /// long as they are within 4096 rows of each other, as they do in a file in order of time.
    /// If two rows of a file still get one id, the outcome of the second is
    /// [`Different`](genledger_contract::RowOutcome::Different); it is never lost silently.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when the time is before 1954-04-26 or
    /// after 2093-09-06.
    pub fn for_replay(timestamp: DateTime<Utc>, node: NodeId, row: u64) -> Result<Self> {
        // Modulo 4096 it fits every integer.
        let sequence = u16::try_from(row % 4096).unwrap_or_default();
        Self::from_parts(timestamp, node, sequence)
    }

    /// When the id was made, in whole milliseconds.
    #[must_use]
    pub fn timestamp(self) -> DateTime<Utc> {
        let millis = (self.0 >> (NodeId::BITS + SEQUENCE_BITS)).saturating_add(EPOCH);
        // 41 bits of milliseconds, and a sign, are far inside of chrono's range.
        DateTime::from_timestamp_millis(millis).unwrap_or_default()
    }

    /// The node of the process that made it.
    #[must_use]
    pub const fn node(self) -> NodeId {
        NodeId::from_low_bits(self.0 >> SEQUENCE_BITS)
    }

    /// Its number within the millisecond and the node, 0 to 4095.
    #[must_use]
    pub const fn sequence(self) -> u16 {
        let [low, high, ..] = (self.0 & MAX_SEQUENCE).to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    /// From parts that are known to be in range.
    pub(super) fn compose(millis: i64, node: NodeId, sequence: i64) -> Self {
        let node = i64::from(node.get()) << SEQUENCE_BITS;
        Self(millis << (NodeId::BITS + SEQUENCE_BITS) | node | sequence)
    }
}

/// Milliseconds since the epoch of the ids, not fewer than `least`.
pub(super) fn millis(timestamp: DateTime<Utc>, least: i64) -> Result<i64> {
    let millis = timestamp.timestamp_millis().saturating_sub(EPOCH);
    if (least..=MAX_MILLIS).contains(&millis) {
        Ok(millis)
    } else {
        Err(out_of_range())
    }
}

pub(super) fn out_of_range() -> Error {
    Violation::new(
        "timestamp",
        "out_of_range",
        "is outside of the range of ids, which end on 2093-09-06",
    )
    .into()
}

impl From<i64> for UsageLogId {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

impl From<UsageLogId> for i64 {
    fn from(id: UsageLogId) -> Self {
        id.0
    }
}

impl fmt::Display for UsageLogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for UsageLogId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // `i64` also takes a plus sign; one id has one spelling.
        match text.parse() {
            Ok(number) if !text.starts_with('+') => Ok(Self(number)),
            _ => Err(Violation::new("id", "not_an_id", "is not a 64-bit decimal number").into()),
        }
    }
}

#[cfg(test)]
mod tests;
