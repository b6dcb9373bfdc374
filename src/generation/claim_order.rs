//! The order in which tasks are claimed.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::AccountType;

/// The place of a task in the order of claims; lesser is earlier: the greatest priority, then the first created, then
/// by id.
///
/// ```
/// use genledger::chrono::{DateTime, TimeDelta};
/// use genledger::generation::{AccountType, ClaimPlace};
///
/// let now = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
/// let urgent = ClaimPlace::new(5, now + TimeDelta::hours(1), "b");
/// let older = ClaimPlace::new(0, now, "a");
/// assert!(urgent < older);
///
/// // A claim for any family is for the one whose first task is earlier.
/// let family = ClaimPlace::first_family(Some(&older), Some(&urgent));
/// assert_eq!(family, Some(AccountType::International));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimPlace<I> {
    priority: Reverse<i32>,
    create_time: DateTime<Utc>,
    id: I,
}

impl<I: Ord> ClaimPlace<I> {
    /// The place of a task with this priority, time of creation and id.
    #[must_use]
    pub const fn new(priority: i32, create_time: DateTime<Utc>, id: I) -> Self {
        Self {
            priority: Reverse(priority),
            create_time,
            id,
        }
    }

    /// The family whose first task is earlier; `None` if there is no task.
    #[must_use]
    pub fn first_family(
        domestic: Option<&Self>,
        international: Option<&Self>,
    ) -> Option<AccountType> {
        match (domestic, international) {
            (None, None) => None,
            (Some(domestic), Some(international)) if international < domestic => {
                Some(AccountType::International)
            }
            (Some(_), _) => Some(AccountType::Domestic),
            (None, Some(_)) => Some(AccountType::International),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(priority: i32, seconds: i64, id: &'static str) -> ClaimPlace<&'static str> {
        ClaimPlace::new(priority, DateTime::from_timestamp(seconds, 0).unwrap(), id)
    }

    #[test]
    fn priority_then_age_then_id() {
        let ordered = [
            place(9, 50, "z"),
            place(1, 10, "z"),
            place(1, 20, "a"),
            place(1, 20, "b"),
            place(-1, 0, "a"),
        ];
        assert!(ordered.is_sorted());
        let mut turned = ordered;
        turned.reverse();
        turned.sort();
        assert_eq!(turned, ordered);
    }

    #[test]
    fn the_family_of_the_first_task() {
        use AccountType::{Domestic, International};
        let (first, second) = (place(1, 10, "a"), place(1, 20, "a"));
        assert_eq!(
            ClaimPlace::first_family(Some(&first), Some(&second)),
            Some(Domestic)
        );
        assert_eq!(
            ClaimPlace::first_family(Some(&second), Some(&first)),
            Some(International)
        );
        assert_eq!(
            ClaimPlace::first_family(Some(&first), Some(&first)),
            Some(Domestic)
        );
        assert_eq!(
            ClaimPlace::first_family(None, Some(&first)),
            Some(International)
        );
        assert_eq!(ClaimPlace::first_family(Some(&first), None), Some(Domestic));
        assert_eq!(ClaimPlace::<&str>::first_family(None, None), None);
    }
}
