//! The key of a roll-up.

use chrono::{DateTime, Utc};
use genledger_contract::{Entity, Error, Result};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::UsageRollup;
use crate::usage::statistics::QUARTER;
use crate::usage::{UsageGroup, UsageLog, UsageTotals};

/// The bucket and dimensions of a roll-up. Roll-ups are written in this order, so
/// that writers do not deadlock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RollupKey {
    pub(super) bucket: DateTime<Utc>,
    pub(super) dimensions: Uuid,
    user_id: i64,
    model_name: String,
    channel_id: i64,
    token_id: i64,
    group: String,
}

impl RollupKey {
    /// The key of a row of the log.
    pub(super) fn of(log: &UsageLog) -> Result<Self> {
        let (models, groups) = (log.model_name.clone(), log.group.clone());
        let begin = log.created_at.timestamp().div_euclid(QUARTER) * QUARTER;
        Self::new(
            begin,
            log.user_id,
            models,
            log.channel_id,
            log.token_id,
            groups,
        )
    }

    /// The key of sums that are grouped by all dimensions and by buckets. In rows of other programs, an
    /// absent channel or token is 0 and an absent name is empty; an absent user is not the user 0.
    pub(super) fn of_group(bucket: i64, group: UsageGroup) -> Result<Self> {
        let no_user = || {
            Error::corrupt("a row has no user to charge")
                .with_table(UsageLog::TABLE.name)
                .with_column(UsageLog::USER_ID.definition().name)
        };
        Self::new(
            bucket,
            group.user_id.ok_or_else(no_user)?,
            group.model_name.unwrap_or_default(),
            group.channel_id.unwrap_or_default(),
            group.token_id.unwrap_or_default(),
            group.group.unwrap_or_default(),
        )
    }

    fn new(
        bucket: i64,
        user_id: i64,
        model_name: String,
        channel_id: i64,
        token_id: i64,
        group: String,
    ) -> Result<Self> {
        let mut digest = Sha256::new();
        for number in [user_id, channel_id, token_id] {
            digest.update(number.to_be_bytes());
        }
        // A text cannot contain NUL, so the texts are separated unambiguously.
        digest.update(&model_name);
        digest.update([0]);
        digest.update(&group);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.finalize()[..16]);
        Ok(Self {
            bucket: DateTime::from_timestamp(bucket, 0)
                .ok_or_else(|| Error::invalid("the time is out of range"))?,
            dimensions: Builder::from_custom_bytes(bytes).into_uuid(),
            user_id,
            model_name,
            channel_id,
            token_id,
            group,
        })
    }

    /// The roll-up with these sums.
    pub(super) fn with(self, totals: UsageTotals) -> UsageRollup {
        UsageRollup {
            bucket: self.bucket,
            dimensions: self.dimensions,
            user_id: self.user_id,
            model_name: self.model_name,
            channel_id: self.channel_id,
            token_id: self.token_id,
            group: self.group,
            requests: totals.requests,
            quota: totals.quota,
            prompt_tokens: totals.prompt_tokens,
            completion_tokens: totals.completion_tokens,
            refunds: totals.refunds,
            refunded_quota: totals.refunded_quota,
        }
    }
}

impl UsageRollup {
    /// The primary key.
    pub(super) const fn id(&self) -> (DateTime<Utc>, Uuid) {
        (self.bucket, self.dimensions)
    }

    /// Its bucket and dimensions.
    pub(super) fn key(&self) -> RollupKey {
        RollupKey {
            bucket: self.bucket,
            dimensions: self.dimensions,
            user_id: self.user_id,
            model_name: self.model_name.clone(),
            channel_id: self.channel_id,
            token_id: self.token_id,
            group: self.group.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RollupKey;

    #[test]
    fn every_dimension_counts_and_the_number_stays() {
        let key = |user, model: &str, channel, token, group: &str| {
            let key = RollupKey::new(900, user, model.into(), channel, token, group.into());
            key.unwrap().dimensions
        };
        let keys = [
            key(1, "a", 2, 3, "b"),
            key(2, "a", 2, 3, "b"),
            key(1, "ab", 2, 3, ""),
            key(1, "", 2, 3, "ab"),
            key(1, "a", 3, 2, "b"),
            key(1, "a", 2, 3, "b "),
        ];
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        // It is stored: another number for the same dimensions would count twice.
        assert_eq!(keys[0].to_string(), "0434f186-9a61-8bb2-9226-123559fcc0c1");
        assert_eq!(keys[0].get_version_num(), 8);
    }
}
