//! The orders in which accounts are chosen.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::candidate::Candidate;
use crate::generation::random::{finalise, fnv1a64, index_below};

/// How an account is chosen from those that can be used and have a free slot. A chosen account counts as used at the
/// time of the batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum ChoiceStrategy {
    /// The greatest priority, then the one whose last use is longest ago (never used first), then the fewest choices
    /// in this batch. Equal ones at random.
    #[default]
    PriorityLru,
    /// The greatest priority, then the one that was created last, then by id.
    SeedOrder,
    /// The one whose last use is longest ago (never used first), then the fewest choices in this batch, then by id.
    RoundRobin,
    /// At random, in proportion to the weights. An account of weight 0 is chosen only if all have it; then all are
    /// equal.
    Weighted,
    /// The same account for the same key as long as it has a free slot, then the next one, and so on. Keys are spread
    /// evenly, and an account that is added or removed changes only its own keys (rendezvous hashing).
    Sticky(String),
}

/// A candidate with a free slot.
pub(super) struct Rival<'a> {
    pub(super) position: usize,
    pub(super) candidate: &'a Candidate,
    pub(super) picks: u32,
    pub(super) last_used_at: Option<DateTime<Utc>>,
}

impl ChoiceStrategy {
    /// The position of the chosen one; `None` if there are no rivals. They are in the order of their ids.
    pub(super) fn pick(&self, rivals: &[Rival<'_>], random: u64) -> Option<usize> {
        let chosen = match self {
            Self::PriorityLru => least(rivals, random, |rival| {
                (
                    Reverse(rival.candidate.priority),
                    rival.last_used_at,
                    rival.picks,
                )
            }),
            Self::SeedOrder => least(rivals, 0, |rival| {
                (
                    Reverse(rival.candidate.priority),
                    Reverse(rival.candidate.create_time),
                )
            }),
            Self::RoundRobin => least(rivals, 0, |rival| (rival.last_used_at, rival.picks)),
            Self::Weighted => weighted(rivals, random),
            Self::Sticky(key) => least(rivals, 0, |rival| {
                Reverse(finalise(fnv1a64(&[key, &rival.candidate.id])))
            }),
        };
        chosen.map(|rival| rival.position)
    }
}

/// Of the rivals with the least key, the one with the number `random` modulo their count.
fn least<'a, 'b, K: Ord>(
    rivals: &'a [Rival<'b>],
    random: u64,
    key: impl Fn(&Rival<'b>) -> K,
) -> Option<&'a Rival<'b>> {
    let least = rivals.iter().map(&key).min()?;
    let equal = || rivals.iter().filter(|rival| key(rival) == least);
    equal().nth(index_below(random, equal().count())?)
}

/// The rival in whose part of the sum of weights `random` modulo the sum lies.
fn weighted<'a, 'b>(rivals: &'a [Rival<'b>], random: u64) -> Option<&'a Rival<'b>> {
    let weight = |rival: &Rival<'_>| u64::try_from(rival.candidate.weight).unwrap_or(0);
    let sum: u64 = rivals.iter().map(weight).sum();
    let Some(mut rest) = random.checked_rem(sum) else {
        return least(rivals, random, |_| ());
    };
    rivals.iter().find(|rival| {
        let weight = weight(rival);
        let found = rest < weight;
        rest = rest.saturating_sub(weight);
        found
    })
}
