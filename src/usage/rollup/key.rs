//! The key of a roll-up.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::{UsageDimensions, UsageRollup, UsageRollupSet};
use crate::usage::{UsageDimension, UsageTotals};

/// The set, bucket and dimensions of a roll-up. Roll-ups are written in this order, over all sets, so
/// that writers do not deadlock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RollupKey {
    pub(super) set: i16,
    pub(super) bucket: DateTime<Utc>,
    pub(super) dimensions_id: Uuid,
    dimensions: UsageDimensions,
}

impl RollupKey {
    /// Of these dimensions, of which those outside of the set must be `None`.
    pub(super) fn new(
        set: UsageRollupSet,
        bucket: DateTime<Utc>,
        dimensions: UsageDimensions,
    ) -> Self {
        Self {
            set: set.code(),
            bucket,
            dimensions_id: dimensions.id(set),
            dimensions,
        }
    }

    /// The roll-up with these sums.
    pub(super) fn with(self, totals: UsageTotals) -> UsageRollup {
        UsageRollup {
            dimension_set: self.set,
            bucket: self.bucket,
            dimensions_id: self.dimensions_id,
            dimensions: self.dimensions,
            totals,
        }
    }
}

impl UsageDimensions {
    /// The number that stands for the dimensions of a set in the primary key.
    fn id(&self, set: UsageRollupSet) -> Uuid {
        let mut digest = Sha256::new();
        for dimension in set.dimensions() {
            match dimension {
                UsageDimension::Model => text(&mut digest, self.model_name.as_deref()),
                UsageDimension::User => number(&mut digest, self.user_id),
                UsageDimension::Channel => number(&mut digest, self.channel_id),
                UsageDimension::Token => number(&mut digest, self.token_id),
                UsageDimension::Group => text(&mut digest, self.group.as_deref()),
            }
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.finalize()[..16]);
        Builder::from_custom_bytes(bytes).into_uuid()
    }
}

fn number(digest: &mut Sha256, value: Option<i64>) {
    digest.update([u8::from(value.is_some())]);
    digest.update(value.unwrap_or_default().to_be_bytes());
}

fn text(digest: &mut Sha256, value: Option<&str>) {
    digest.update([u8::from(value.is_some())]);
    digest.update(value.unwrap_or_default());
    // A text cannot contain NUL, so the values are separated unambiguously.
    digest.update([0]);
}

impl UsageRollup {
    /// Its set, bucket and dimensions, in the order in which roll-ups are written.
    pub(super) fn rollup_key(&self) -> RollupKey {
        RollupKey {
            set: self.dimension_set,
            bucket: self.bucket,
            dimensions_id: self.dimensions_id,
            dimensions: self.dimensions.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{UsageDimensions, UsageRollupSet};
    use crate::usage::UsageDimension;

    #[test]
    fn every_dimension_counts_and_the_number_stays() {
        let all = UsageRollupSet::of(UsageDimension::ALL);
        let key = |user: i64, model: &str, channel: i64, token: i64, group: &str| {
            let dimensions = UsageDimensions {
                user_id: Some(user),
                model_name: Some(model.into()),
                channel_id: Some(channel),
                token_id: Some(token),
                group: Some(group.into()),
            };
            dimensions.id(all)
        };
        let absent = |change: fn(&mut UsageDimensions)| {
            let mut dimensions = UsageDimensions {
                user_id: Some(0),
                model_name: Some(String::new()),
                channel_id: Some(0),
                token_id: Some(0),
                group: Some(String::new()),
            };
            change(&mut dimensions);
            dimensions.id(all)
        };
        let keys = [
            key(1, "a", 2, 3, "b"),
            key(2, "a", 2, 3, "b"),
            key(1, "ab", 2, 3, ""),
            key(1, "", 2, 3, "ab"),
            key(1, "a", 3, 2, "b"),
            key(1, "a", 2, 3, "b "),
            absent(|_| ()),
            absent(|dimensions| dimensions.user_id = None),
            absent(|dimensions| dimensions.model_name = None),
            absent(|dimensions| dimensions.channel_id = None),
            absent(|dimensions| dimensions.token_id = None),
            absent(|dimensions| dimensions.group = None),
        ];
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        // It is stored: another number for the same dimensions would count twice.
        assert_eq!(keys[0].to_string(), "c7525743-eb30-8969-8d4f-2f66f8bea19f");
        assert_eq!(keys[0].get_version_num(), 8);
    }
}
