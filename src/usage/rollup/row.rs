//! Logs as they are counted in roll-ups.

use std::collections::HashMap;

use chrono::DateTime;
use genledger_contract::{Entity, Error, Result};

use super::key::RollupKey;
use super::{UsageDimensions, UsageRollupSet};
use crate::id::UsageLogId;
use crate::time::stored_seconds;
use crate::usage::statistics::ExactTotals;
use crate::usage::{UsageDimension, UsageLog, UsageLogType, UsageTotals};

/// The summed columns of a log: the table of the logs, described with these columns only, so that
/// a row of another program cannot prevent a delete.
#[derive(Clone, Debug, Entity)]
#[entity(table = "logs", key(id), append_only)]
pub(super) struct Charge {
    pub(super) id: UsageLogId,
    user_id: Option<i64>,
    #[column(filter)]
    created_at: Option<i64>,
    #[column(name = "type", filter)]
    kind: Option<i16>,
    #[column(max_chars = 255)]
    model_name: Option<String>,
    channel_id: Option<i64>,
    token_id: Option<i64>,
    #[column(max_chars = 255)]
    group: Option<String>,
    quota: Option<i64>,
    prompt_tokens: Option<i64>,
    completion_tokens: Option<i64>,
}

/// A log that is summed up.
pub(super) struct Counted<'a> {
    second: i64,
    place: Place<'a>,
    totals: UsageTotals,
}

/// The values of dimensions.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place<'a> {
    user_id: Option<i64>,
    model_name: Option<&'a str>,
    channel_id: Option<i64>,
    token_id: Option<i64>,
    group: Option<&'a str>,
}

impl Place<'_> {
    /// Without the dimensions that are not in a set.
    fn within(self, set: UsageRollupSet) -> Self {
        let has = |dimension| set.contains(dimension);
        Self {
            user_id: self.user_id.filter(|_| has(UsageDimension::User)),
            model_name: self.model_name.filter(|_| has(UsageDimension::Model)),
            channel_id: self.channel_id.filter(|_| has(UsageDimension::Channel)),
            token_id: self.token_id.filter(|_| has(UsageDimension::Token)),
            group: self.group.filter(|_| has(UsageDimension::Group)),
        }
    }

    fn dimensions(self) -> UsageDimensions {
        UsageDimensions {
            user_id: self.user_id,
            model_name: self.model_name.map(Into::into),
            channel_id: self.channel_id,
            token_id: self.token_id,
            group: self.group.map(Into::into),
        }
    }
}

impl<'a> Counted<'a> {
    /// `None` for a log of a kind that is not summed up, or whose time is outside of the calendar.
    pub(super) fn of(log: &'a UsageLog) -> Option<Self> {
        let second = log.created_at.timestamp();
        stored_seconds(second)?;
        Some(Self {
            second,
            place: Place {
                user_id: Some(log.user_id),
                model_name: Some(&log.model_name),
                channel_id: Some(log.channel_id),
                token_id: Some(log.token_id),
                group: Some(&log.group),
            },
            totals: UsageTotals::of(
                log.kind,
                log.quota,
                log.prompt_tokens,
                log.completion_tokens,
            )?,
        })
    }
}

impl Charge {
    /// The same for a log that was read.
    pub(super) fn counted(&self) -> Option<Counted<'_>> {
        let second = self.created_at?;
        stored_seconds(second)?;
        Some(Counted {
            second,
            place: Place {
                user_id: self.user_id,
                model_name: self.model_name.as_deref(),
                channel_id: self.channel_id,
                token_id: self.token_id,
                group: self.group.as_deref(),
            },
            totals: UsageTotals::of(
                UsageLogType::from_code(self.kind?),
                self.quota.unwrap_or_default(),
                self.prompt_tokens.unwrap_or_default(),
                self.completion_tokens.unwrap_or_default(),
            )?,
        })
    }
}

/// The sums of logs in each of some sets. The number in a key is calculated once for each roll-up, not for
/// each log.
#[derive(Default)]
pub(super) struct Collected<'a>(HashMap<(UsageRollupSet, i64, Place<'a>), ExactTotals>);

impl<'a> Collected<'a> {
    pub(super) fn add(&mut self, sets: &[UsageRollupSet], log: &Counted<'a>) {
        for set in sets {
            let place = (*set, set.bucket(log.second), log.place.within(*set));
            self.0.entry(place).or_default().add(&log.totals);
        }
    }

    pub(super) fn into_sums(self) -> impl Iterator<Item = Result<(RollupKey, ExactTotals)>> {
        let of = |((set, bucket, place), totals): ((UsageRollupSet, i64, Place<'_>), _)| {
            let bucket = DateTime::from_timestamp(bucket, 0)
                .ok_or_else(|| Error::invalid("the time is out of range"))?;
            Ok((RollupKey::new(set, bucket, place.dimensions()), totals))
        };
        self.0.into_iter().map(of)
    }
}

impl UsageTotals {
    /// The totals of one log; `None` for a kind that is not summed up.
    fn of(
        kind: UsageLogType,
        quota: i64,
        prompt_tokens: i64,
        completion_tokens: i64,
    ) -> Option<Self> {
        match kind {
            UsageLogType::Consume => Some(Self {
                requests: 1,
                quota,
                prompt_tokens,
                completion_tokens,
                ..Self::default()
            }),
            UsageLogType::Refund => Some(Self {
                refunds: 1,
                refunded_quota: quota,
                ..Self::default()
            }),
            _ => None,
        }
    }
}
