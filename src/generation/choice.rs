//! The choice of accounts from a snapshot of the pool.

mod candidate;
mod strategy;

use chrono::{DateTime, Utc};

use super::random::SplitMix64;
use strategy::Rival;

pub use candidate::{Candidate, Standing};
pub use strategy::ChoiceStrategy;

/// A chosen account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Choice {
    /// The position of the account in the snapshot.
    pub account: usize,
    /// Whether the task is to find out whether the limit of the provider is over; see
    /// [`MediaState::begin_probe`](super::MediaState::begin_probe).
    pub is_probe: bool,
}

/// Chooses accounts for the tasks of one batch. It remembers what it has chosen, so no account is chosen above its
/// limit, and none for two probes. Equal seeds give equal choices, whatever the order of the snapshot is.
///
/// ```
/// use genledger::chrono::DateTime;
/// use genledger::generation::{Candidate, Chooser, Site, SplitMix64, ChoiceStrategy};
///
/// let now = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
/// let account = |id: &str, priority| Candidate { priority, ..Candidate::new(id, Site::Cn, now) };
/// let pool = [account("a", 1), account("b", 9)];
///
/// let mut chooser = Chooser::new(&pool, now);
/// let mut random = SplitMix64::new(42);
/// let mut choose = || chooser.choose(&ChoiceStrategy::PriorityLru, &mut random, |account| account.site == Site::Cn);
/// let chosen: Vec<&str> = std::iter::from_fn(&mut choose).map(|choice| pool[choice.account].id.as_str()).collect();
/// assert_eq!(chosen, ["b", "a"]); // each has one slot
/// ```
#[derive(Clone, Debug)]
pub struct Chooser<'a> {
    candidates: &'a [Candidate],
    now: DateTime<Utc>,
    /// What is left of each candidate, in the order of their ids.
    left: Vec<Left>,
}

/// What is left of a candidate in a batch.
#[derive(Clone, Copy, Debug)]
struct Left {
    index: usize,
    slots: i32,
    picks: u32,
    is_probe: bool,
}

impl<'a> Chooser<'a> {
    /// Chooses from a snapshot that was read at a time of the store's clock.
    #[must_use]
    pub fn new(candidates: &'a [Candidate], now: DateTime<Utc>) -> Self {
        let mut left: Vec<Left> = candidates
            .iter()
            .enumerate()
            .filter_map(|(index, candidate)| {
                let (slots, is_probe) = match candidate.standing(now) {
                    Standing::Free => (candidate.free_slots(), false),
                    Standing::Probe => (candidate.free_slots().min(1), true),
                    _ => return None,
                };
                (slots > 0).then_some(Left {
                    index,
                    slots,
                    picks: 0,
                    is_probe,
                })
            })
            .collect();
        left.sort_by(|one, other| candidates[one.index].id.cmp(&candidates[other.index].id));
        Self {
            candidates,
            now,
            left,
        }
    }

    /// Chooses an account with a free slot from those that fit, and uses one number of the generator; `None`, without
    /// using a number, if there is none.
    pub fn choose(
        &mut self,
        strategy: &ChoiceStrategy,
        random: &mut SplitMix64,
        fits: impl Fn(&Candidate) -> bool,
    ) -> Option<Choice> {
        let rivals: Vec<Rival<'_>> = self
            .left
            .iter()
            .enumerate()
            .filter(|(_, left)| left.slots > 0)
            .map(|(position, left)| {
                let candidate = &self.candidates[left.index];
                let chosen = left.picks > 0;
                Rival {
                    position,
                    candidate,
                    picks: left.picks,
                    last_used_at: if chosen {
                        Some(self.now)
                    } else {
                        candidate.last_used_at
                    },
                }
            })
            .filter(|rival| fits(rival.candidate))
            .collect();
        if rivals.is_empty() {
            return None;
        }
        let position = strategy.pick(&rivals, random.next_u64())?;
        let left = self.left.get_mut(position)?;
        left.slots -= 1;
        left.picks += 1;
        Some(Choice {
            account: left.index,
            is_probe: left.is_probe,
        })
    }
}

#[cfg(test)]
pub(super) mod tests;
