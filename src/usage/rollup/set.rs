//! Sets of dimensions that have roll-ups.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::usage::UsageDimension;
use crate::usage::statistics::QUARTER;

/// The seconds of a day of UTC.
pub(super) const DAY: i64 = 86_400;

/// The bit of a set whose roll-ups are those of days of UTC.
const PER_DAY: i16 = 1 << 5;

/// A set of dimensions that has roll-ups: one for each combination of their values, in each quarter of an
/// hour or in each day of UTC.
///
/// Sums by some of the dimensions, or with conditions on them, are read from the set with the fewest roll-ups
/// that contains them. A set per day is used for sums by months, and for sums over all time: the parts of a day
/// at either end come from a set per quarter of an hour, or from the logs.
///
/// ```
/// use genledger::usage::{UsageDimension::{Model, User}, UsageRollupSet};
///
/// const BY_USER: UsageRollupSet = UsageRollupSet::of([User, Model]);
/// assert_eq!(BY_USER.to_string(), "user, model per quarter of an hour");
/// assert_eq!(BY_USER.per_day().to_string(), "user, model per day");
/// assert_eq!(UsageRollupSet::from_code(BY_USER.code()), Some(BY_USER));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UsageRollupSet(i16);

impl UsageRollupSet {
    /// The sets of [`UsageLogs::with_rollups`](crate::usage::UsageLogs::with_rollups): model; user and model;
    /// channel; token; group and model; and user and model per day.
    pub const DEFAULT: [Self; 6] = {
        use UsageDimension::{Channel, Group, Model, Token, User};
        [
            Self::of([Model]),
            Self::of([User, Model]),
            Self::of([Channel]),
            Self::of([Token]),
            Self::of([Group, Model]),
            Self::of([User, Model]).per_day(),
        ]
    };

    /// These dimensions in each quarter of an hour. Without a dimension: the sums of all logs.
    #[must_use]
    pub const fn of<const N: usize>(dimensions: [UsageDimension; N]) -> Self {
        let (mut code, mut index) = (0, 0);
        while index < N {
            code |= bit(dimensions[index]);
            index += 1;
        }
        Self(code)
    }

    /// The same dimensions in each day of UTC.
    #[must_use]
    pub const fn per_day(self) -> Self {
        Self(self.0 | PER_DAY)
    }

    /// Whether its roll-ups are those of days of UTC.
    #[must_use]
    pub const fn is_per_day(self) -> bool {
        self.0 & PER_DAY != 0
    }

    /// Whether it contains a dimension.
    #[must_use]
    pub const fn contains(self, dimension: UsageDimension) -> bool {
        self.0 & bit(dimension) != 0
    }

    /// Its dimensions.
    pub fn dimensions(self) -> impl Iterator<Item = UsageDimension> {
        let all = UsageDimension::ALL.into_iter();
        all.filter(move |dimension| self.contains(*dimension))
    }

    /// The number that is stored: the sum of 1 for the user, 2 for the model, 4 for the channel, 8 for the
    /// token, 16 for the group, and 32 for days.
    #[must_use]
    pub const fn code(self) -> i16 {
        self.0
    }

    /// The set with this number; `None` for a number with any other bit.
    #[must_use]
    pub const fn from_code(code: i16) -> Option<Self> {
        match code {
            0..64 => Some(Self(code)),
            _ => None,
        }
    }

    /// The length of its buckets, in seconds.
    pub(super) const fn seconds(self) -> i64 {
        if self.is_per_day() { DAY } else { QUARTER }
    }

    /// The beginning of the bucket that a time lies in, in unix seconds.
    pub(super) fn bucket(self, second: i64) -> i64 {
        second.div_euclid(self.seconds()) * self.seconds()
    }

    /// A rank by the number of its roll-ups, estimated from the usual number of values of each dimension.
    pub(super) fn rank(self) -> u32 {
        let weight = |dimension| match dimension {
            UsageDimension::Group => 2,
            UsageDimension::Model => 3,
            UsageDimension::Channel => 5,
            UsageDimension::Token => 9,
            UsageDimension::User => 11,
        };
        self.dimensions().map(weight).sum()
    }
}

const fn bit(dimension: UsageDimension) -> i16 {
    match dimension {
        UsageDimension::User => 1,
        UsageDimension::Model => 1 << 1,
        UsageDimension::Channel => 1 << 2,
        UsageDimension::Token => 1 << 3,
        UsageDimension::Group => 1 << 4,
    }
}

/// The names of its dimensions and its buckets.
impl fmt::Display for UsageRollupSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |dimension| match dimension {
            UsageDimension::User => "user",
            UsageDimension::Model => "model",
            UsageDimension::Channel => "channel",
            UsageDimension::Token => "token",
            UsageDimension::Group => "group",
        };
        let mut names: Vec<&str> = self.dimensions().map(name).collect();
        names.sort_unstable_by_key(|name| (*name != "user", *name != "group"));
        let all = if names.is_empty() {
            "everything".to_owned()
        } else {
            names.join(", ")
        };
        let bucket = if self.is_per_day() {
            "day"
        } else {
            "quarter of an hour"
        };
        write!(f, "{all} per {bucket}")
    }
}

impl fmt::Debug for UsageRollupSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UsageRollupSet({self})")
    }
}

/// Its dimensions and the seconds of a bucket: `{"dimensions":["model"],"seconds":900}`.
impl Serialize for UsageRollupSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let dimensions: Vec<_> = self.dimensions().collect();
        let mut set = serializer.serialize_struct("UsageRollupSet", 2)?;
        set.serialize_field("dimensions", &dimensions)?;
        set.serialize_field("seconds", &self.seconds())?;
        set.end()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{DAY, UsageRollupSet};
    use crate::usage::UsageDimension;

    #[test]
    fn codes_are_stored_and_stay() {
        use UsageDimension::{Channel, Group, Model, Token, User};
        let codes = UsageRollupSet::DEFAULT.map(UsageRollupSet::code);
        assert_eq!(codes, [2, 3, 4, 8, 18, 35]);
        let all = UsageRollupSet::of([Model, User, Channel, Token, Group]);
        assert_eq!(all.code(), 31);
        assert_eq!(all.dimensions().count(), 5);
        let codes: BTreeSet<_> = (0..64).filter_map(UsageRollupSet::from_code).collect();
        assert_eq!(codes.len(), 64);
        for other in [-1, 64, i16::MAX] {
            assert_eq!(UsageRollupSet::from_code(other), None);
        }
    }

    #[test]
    fn buckets_of_before_1970_are_not_those_after_it() {
        let set = UsageRollupSet::of([]);
        assert_eq!(
            [-901, -900, -1, 0, 899, 900].map(|at| set.bucket(at)),
            [-1_800, -900, -900, 0, 0, 900]
        );
        let days = set.per_day();
        assert_eq!(
            [-1, 0, DAY - 1, DAY].map(|at| days.bucket(at)),
            [-DAY, 0, 0, DAY]
        );
    }
}
