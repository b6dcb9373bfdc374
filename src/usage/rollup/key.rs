//! The key of a roll-up.

use chrono::{DateTime, Utc};
use genledger_contract::{Entity, Error, Result};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::{UsageDimensions, UsageRollup};
use crate::usage::statistics::QUARTER;
use crate::usage::{UsageGroup, UsageLog, UsageTotals};

/// The bucket and dimensions of a roll-up. Roll-ups are written in this order, so
/// that writers do not deadlock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RollupKey {
    pub(super) bucket: DateTime<Utc>,
    pub(super) dimensions_id: Uuid,
    dimensions: UsageDimensions,
}

impl RollupKey {
    /// The key of a row of the log.
    pub(super) fn of(log: &UsageLog) -> Result<Self> {
        let begin = log.created_at.timestamp().div_euclid(QUARTER) * QUARTER;
        let dimensions = UsageDimensions {
            user_id: log.user_id,
            model_name: log.model_name.clone(),
            channel_id: log.channel_id,
            token_id: log.token_id,
            group: log.group.clone(),
        };
        Self::new(begin, dimensions)
    }

    /// The key of sums that are grouped by all dimensions and by buckets. In rows of other programs, an
    /// absent channel or token is 0 and an absent name is empty; an absent user is not the user 0.
    pub(super) fn of_group(bucket: i64, group: UsageGroup) -> Result<Self> {
        let no_user = || {
            Error::corrupt("a row has no user to charge")
                .with_table(UsageLog::TABLE.name)
                .with_column(UsageLog::USER_ID.definition().name)
        };
        let dimensions = UsageDimensions {
            user_id: group.user_id.ok_or_else(no_user)?,
            model_name: group.model_name.unwrap_or_default(),
            channel_id: group.channel_id.unwrap_or_default(),
            token_id: group.token_id.unwrap_or_default(),
            group: group.group.unwrap_or_default(),
        };
        Self::new(bucket, dimensions)
    }

    fn new(bucket: i64, dimensions: UsageDimensions) -> Result<Self> {
        Ok(Self {
            bucket: DateTime::from_timestamp(bucket, 0)
                .ok_or_else(|| Error::invalid("the time is out of range"))?,
            dimensions_id: dimensions.id(),
            dimensions,
        })
    }

    /// The roll-up with these sums.
    pub(super) fn with(self, totals: UsageTotals) -> UsageRollup {
        UsageRollup {
            bucket: self.bucket,
            dimensions_id: self.dimensions_id,
            dimensions: self.dimensions,
            totals,
        }
    }
}

impl UsageDimensions {
    /// The number that stands for them in the primary key.
    fn id(&self) -> Uuid {
        let mut digest = Sha256::new();
        for number in [self.user_id, self.channel_id, self.token_id] {
            digest.update(number.to_be_bytes());
        }
        // A text cannot contain NUL, so the texts are separated unambiguously.
        digest.update(&self.model_name);
        digest.update([0]);
        digest.update(&self.group);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.finalize()[..16]);
        Builder::from_custom_bytes(bytes).into_uuid()
    }
}

impl UsageRollup {
    /// Its bucket and dimensions, in the order in which roll-ups are written.
    pub(super) fn rollup_key(&self) -> RollupKey {
        RollupKey {
            bucket: self.bucket,
            dimensions_id: self.dimensions_id,
            dimensions: self.dimensions.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::UsageDimensions;

    #[test]
    fn every_dimension_counts_and_the_number_stays() {
        let key = |user_id, model: &str, channel_id, token_id, group: &str| {
            let dimensions = UsageDimensions {
                user_id,
                model_name: model.into(),
                channel_id,
                token_id,
                group: group.into(),
            };
            dimensions.id()
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
