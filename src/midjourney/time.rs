//! `MidjourneyTime`: a time that may be 0.

use chrono::{DateTime, Utc};
use genledger_contract::json::integer;
use genledger_contract::row::{ParamSink, RowReader};
use genledger_contract::table::ColumnType;
use genledger_contract::{Field, Result};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time of a task that may not have come yet: unix milliseconds in the database and in JSON, 0 before it has
/// come. NULL is read as 0.
///
/// ```
/// use genledger::midjourney::MidjourneyTime;
///
/// let start = MidjourneyTime::from(Some("2025-06-01T12:00:00Z".parse().unwrap()));
/// assert_eq!(serde_json::to_string(&start)?, "1748779200000");
/// assert_eq!(serde_json::from_str::<MidjourneyTime>("0")?.get(), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MidjourneyTime(DateTime<Utc>);

impl MidjourneyTime {
    /// It has not come yet.
    pub const NOT_YET: Self = Self(DateTime::UNIX_EPOCH);

    /// The time, if it has come.
    #[must_use]
    pub fn get(self) -> Option<DateTime<Utc>> {
        (self != Self::NOT_YET).then_some(self.0)
    }

    /// This time, or another one if it has not come yet.
    pub(super) fn or(self, other: Self) -> Self {
        if self == Self::NOT_YET { other } else { self }
    }

    pub(super) const fn millis(self) -> i64 {
        self.0.timestamp_millis()
    }
}

impl From<DateTime<Utc>> for MidjourneyTime {
    /// The time, to the millisecond.
    fn from(time: DateTime<Utc>) -> Self {
        Self(ColumnType::UnixMillis.truncate(time))
    }
}

impl From<Option<DateTime<Utc>>> for MidjourneyTime {
    fn from(time: Option<DateTime<Utc>>) -> Self {
        time.map_or(Self::NOT_YET, Self::from)
    }
}

impl Field for MidjourneyTime {
    const TYPE: ColumnType = ColumnType::UnixMillis;

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.date_time(self.0)
    }

    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        Ok(row.moment(index)?.map(Self))
    }

    fn read(row: &dyn RowReader, index: usize) -> Result<Self> {
        Ok(Self::read_option(row, index)?.unwrap_or_default())
    }
}

impl Serialize for MidjourneyTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.millis())
    }
}

impl<'de> Deserialize<'de> for MidjourneyTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let millis: i64 = integer(deserializer)?;
        DateTime::from_timestamp_millis(millis)
            .map(Self)
            .ok_or_else(|| D::Error::custom("the time is out of range"))
    }
}
