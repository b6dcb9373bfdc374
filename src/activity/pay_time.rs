//! The payment time in JSON: RFC 3339, and +08:00 where a zone is missing. Written in UTC with
//! milliseconds, which is also what the database keeps.

use chrono::{DateTime, FixedOffset, NaiveDateTime, SecondsFormat, TimeZone, Utc};
use serde::de::Error as _;
use serde::{Deserializer, Serialize, Serializer};

use crate::contract::json::value_free;
use crate::contract::table::ColumnType;

/// The platform's own zone, in seconds east of UTC.
const EAST: i32 = 8 * 3600;

pub(super) fn serialize<S: Serializer>(
    value: &DateTime<Utc>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value
        .to_rfc3339_opts(SecondsFormat::Millis, true)
        .serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<DateTime<Utc>, D::Error> {
    let text: String = value_free(deserializer)?;
    parse(&text)
        .map(|moment| ColumnType::UnixMillis.truncate(moment))
        .ok_or_else(|| D::Error::custom("expected an RFC 3339 time"))
}

fn parse(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.to_utc());
    }
    let naive = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
    let zone = FixedOffset::east_opt(EAST)?;
    zone.from_local_datetime(&naive)
        .single()
        .map(|moment| moment.to_utc())
}
