//! The filter of roll-ups.

use chrono::{DateTime, Utc};
use genledger_contract::query::TextMatch;
use genledger_contract::{Filter, Result, Violations};
use serde::{Deserialize, Serialize};

use super::{UsageDimensionsColumns, UsageRollup};
use crate::json::value_free_json;
use crate::setters::setters;
use crate::shows_no_operand::shows_no_operand;
use crate::time::optional;
use crate::usage::statistics::QUARTER;

/// A filter of roll-ups: every condition that is set must hold.
///
/// In JSON the members have the names of the fields, and each may be missing; times are unix seconds.
/// `Debug` shows which conditions are set, and not what they compare with.
///
/// ```
/// use genledger::usage::UsageRollupFilter;
///
/// let june = UsageRollupFilter::new()
///     .from("2025-06-01T00:00:00Z".parse()?)
///     .before("2025-07-01T00:00:00Z".parse()?)
///     .user_id(42);
/// # let _ = june;
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", default)]
#[non_exhaustive]
pub struct UsageRollupFilter {
    /// At or after this time, a whole quarter of an hour.
    #[serde(with = "optional::unix_seconds")]
    pub from: Option<DateTime<Utc>>,
    /// Before this time, a whole quarter of an hour, which is not included.
    #[serde(with = "optional::unix_seconds")]
    pub before: Option<DateTime<Utc>>,
    /// The user.
    pub user_id: Option<i64>,
    /// The model.
    pub model_name: Option<TextMatch>,
    /// The channel.
    #[serde(rename = "channel")]
    pub channel_id: Option<i64>,
    /// The token.
    pub token_id: Option<i64>,
    /// The group that was used.
    pub group: Option<TextMatch>,
    /// Further conditions.
    #[serde(skip)]
    pub further: Option<Filter<UsageRollup>>,
}

value_free_json!(UsageRollupFilter);

shows_no_operand!(UsageRollupFilter {
    from,
    before,
    user_id,
    model_name,
    channel_id,
    token_id,
    group,
    further,
});

impl UsageRollupFilter {
    /// All roll-ups.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// At or after this time, a whole quarter of an hour.
        from: value DateTime<Utc>;
        /// Before this time, a whole quarter of an hour, which is not included.
        before: value DateTime<Utc>;
        /// Of this user.
        user_id: value i64;
        /// Of this model.
        model_name: text TextMatch;
        /// Of this channel.
        channel_id: value i64;
        /// Of this token.
        token_id: value i64;
        /// Of this group.
        group: text TextMatch;
        /// Also with this condition, on any columns that filters may use.
        and: condition Filter<UsageRollup>;
    }

    /// The condition on the roll-ups.
    pub(super) fn condition(&self) -> Result<Filter<UsageRollup>> {
        check_quarters([("from", self.from), ("before", self.before)])?;
        let models = self.model_name.as_ref();
        let groups = self.group.as_ref();
        Ok(Filter::all()
            .and_maybe(self.from.map(|time| UsageRollup::BUCKET.ge(time)))
            .and_maybe(self.before.map(|time| UsageRollup::BUCKET.lt(time)))
            .and_maybe(self.user_id.map(|id| UsageRollup::USER_ID.eq(id)))
            .and_maybe(models.map(|text| UsageRollup::MODEL_NAME.matches(text)))
            .and_maybe(self.channel_id.map(|id| UsageRollup::CHANNEL_ID.eq(id)))
            .and_maybe(self.token_id.map(|id| UsageRollup::TOKEN_ID.eq(id)))
            .and_maybe(groups.map(|text| UsageRollup::GROUP.matches(text)))
            .and_maybe(self.further.clone()))
    }
}

/// Times must be whole quarters of an hour: a roll-up has no finer resolution.
pub(super) fn check_quarters<const N: usize>(
    times: [(&'static str, Option<DateTime<Utc>>); N],
) -> Result<()> {
    let mut found = Violations::new();
    for (name, time) in times {
        let whole = |time: DateTime<Utc>| {
            time.timestamp_subsec_nanos() == 0 && time.timestamp().rem_euclid(QUARTER) == 0
        };
        found.check(
            time.is_some_and(|time| !whole(time)),
            name,
            "not_a_quarter",
            "must be a whole quarter of an hour",
        );
    }
    found.into_result()?;
    Ok(())
}
