//! The grouping of sums, and the groups.

use std::collections::BTreeSet;

use chrono::DateTime;
use chrono_tz::Tz;
use genledger_contract::{Result, Violation};
use serde::{Deserialize, Serialize, Serializer};

use super::UsageTotals;
use crate::json::value_free_json;
use crate::time::Calendar;

/// A property of requests that sums are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UsageDimension {
    /// The model.
    Model,
    /// The user who is charged.
    User,
    /// The channel that was used.
    Channel,
    /// The token that was used.
    Token,
    /// The group that was used.
    Group,
}

value_free_json!(UsageDimension);

impl UsageDimension {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Model,
        Self::User,
        Self::Channel,
        Self::Token,
        Self::Group,
    ];
}

/// What sums are grouped by: any properties, and at most one calendar. Without both there is one group of
/// all rows.
///
/// ```
/// use chrono_tz::Europe::Berlin;
/// use genledger::time::{Calendar, Period};
/// use genledger::usage::{UsageDimension, UsageGrouping};
///
/// let monthly_by_user = UsageGrouping::new()
///     .by(UsageDimension::User)
///     .per(Calendar::new(Period::Month, Berlin));
/// # let _ = monthly_by_user;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsageGrouping {
    /// The properties.
    pub dimensions: BTreeSet<UsageDimension>,
    /// The spans of time.
    pub calendar: Option<Calendar>,
}

impl UsageGrouping {
    /// Everything together.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Also by this property.
    #[must_use]
    pub fn by(mut self, dimension: UsageDimension) -> Self {
        self.dimensions.insert(dimension);
        self
    }

    /// `Invalid` when it contains the channel, which is hidden from users.
    pub(in crate::usage) fn for_users(&self) -> Result<()> {
        if self.dimensions.contains(&UsageDimension::Channel) {
            let message = "users do not see channels";
            return Err(Violation::new("grouping", "hidden", message).into());
        }
        Ok(())
    }

    /// Also by the hours, days or months of a time zone.
    #[must_use]
    pub const fn per(mut self, calendar: Calendar) -> Self {
        self.calendar = Some(calendar);
        self
    }
}

/// The properties of a group; `None` for those that are not in the grouping, and for those that are missing or
/// cannot be read in the rows of the group, which only another program writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct UsageGroup {
    /// The first second of the hour, day or month, in the requested time zone; RFC 3339 in
    /// JSON. Also `None` for the group of rows whose time is missing, or outside of the
    /// years −200,000 to 200,000, such as microseconds in place of seconds.
    #[serde(serialize_with = "in_rfc3339")]
    pub begin: Option<DateTime<Tz>>,
    /// The model.
    pub model_name: Option<String>,
    /// The user.
    pub user_id: Option<i64>,
    /// The channel; 0 for none.
    pub channel_id: Option<i64>,
    /// The token; 0 for none.
    pub token_id: Option<i64>,
    /// The group that was used.
    pub group: Option<String>,
}

#[expect(clippy::ref_option, reason = "serde calls it like this")]
fn in_rfc3339<S: Serializer>(
    begin: &Option<DateTime<Tz>>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    begin.map(|begin| begin.to_rfc3339()).serialize(serializer)
}

/// The sums of a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct GroupedUsage {
    /// The properties of the group.
    pub group: UsageGroup,
    /// The sums of its rows.
    pub totals: UsageTotals,
}
