//! Which task of a claim is done by which account.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::choice::{Candidate, ChoiceStrategy, Chooser, Standing};
use super::models::Sites;
use super::random::SplitMix64;
use super::{AccountType, Site};

/// What a task needs of an account.
///
/// ```
/// use genledger::chrono::DateTime;
/// use genledger::generation::{AccountType, Candidate, Site, Sites, TaskNeed};
///
/// let now = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
/// let need = TaskNeed { want_site: Some(Site::Jp), ..TaskNeed::of(AccountType::International, Sites::ALL) };
/// assert!(need.fits(&Candidate::new("a", Site::Jp, now)));
/// assert!(!need.fits(&Candidate::new("b", Site::Hk, now)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TaskNeed {
    /// `account_type`: the family of the account.
    pub family: AccountType,
    /// `want_site`: the only site, if the request names one.
    pub want_site: Option<Site>,
    /// The sites that offer the model.
    pub sites: Sites,
    /// `avoid_account_id`: the account of the last failure. It is used only if no other one can be.
    pub avoid: Option<String>,
}

/// A task with its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    /// The position of the task in the list of needs.
    pub task: usize,
    /// The position of the account in the snapshot.
    pub account: usize,
    /// Whether the task is to find out whether the limit of the provider is over.
    pub is_probe: bool,
}

/// Why tasks have no account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shortage {
    /// How many accounts could do one of the tasks, and have no free slot.
    pub full: usize,
    /// When the first of the other accounts that could do one of them becomes available. Now, if its daily reset is
    /// due.
    pub next_available_at: Option<DateTime<Utc>>,
}

impl TaskNeed {
    /// The need of a task that names no site and avoids no account.
    #[must_use]
    pub const fn of(family: AccountType, sites: Sites) -> Self {
        Self {
            family,
            want_site: None,
            sites,
            avoid: None,
        }
    }

    /// Whether the site of an account is right. It does not matter whether the account can be used now.
    #[must_use]
    pub fn fits(&self, account: &Candidate) -> bool {
        account.site.account_type() == Some(self.family)
            && self.want_site.is_none_or(|site| site == account.site)
            && self.sites.contains(account.site)
    }
}

/// How many ready tasks are looked at, at most, to find accounts for `n` of them: tasks that no account fits are
/// passed over.
#[must_use]
pub fn tasks_seen(n: usize) -> usize {
    n.saturating_mul(10).max(100)
}

/// Pairs tasks, in the order of claims, with accounts of a snapshot that was read at `now`: at most `n` pairs, of the
/// first [`tasks_seen`] tasks. A task that no account can do is passed over.
///
/// ```
/// use genledger::chrono::DateTime;
/// use genledger::generation::{AccountType, Candidate, Site, Sites, SplitMix64, ChoiceStrategy, TaskNeed, pair_tasks};
///
/// let now = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
/// let pool = [Candidate::new("a", Site::Hk, now), Candidate::new("b", Site::Us, now)];
/// let any = TaskNeed::of(AccountType::International, Sites::ALL);
/// let needs = [
///     TaskNeed { avoid: Some("a".to_owned()), ..any.clone() },
///     TaskNeed { want_site: Some(Site::Us), ..any.clone() },
///     any,
/// ];
/// let mut random = SplitMix64::new(1);
/// let pairs = pair_tasks(&needs, &pool, 10, &ChoiceStrategy::RoundRobin, &mut random, now);
/// let pairs: Vec<_> = pairs.iter().map(|pair| (pair.task, pair.account)).collect();
/// assert_eq!(pairs, [(0, 1), (2, 0)]); // the second task has to wait for "b"
/// ```
#[must_use]
pub fn pair_tasks(
    needs: &[TaskNeed],
    accounts: &[Candidate],
    n: usize,
    strategy: &ChoiceStrategy,
    random: &mut SplitMix64,
    now: DateTime<Utc>,
) -> Vec<Pair> {
    let mut chooser = Chooser::new(accounts, now);
    let mut pairs = Vec::new();
    // Slots only become fewer: what found no account once finds none later in the batch.
    let mut without_account = HashSet::new();
    for (task, need) in needs.iter().enumerate().take(tasks_seen(n)) {
        if pairs.len() == n {
            break;
        }
        if without_account.contains(need) {
            continue;
        }
        let avoided = avoided(need, accounts, now);
        let fits = |account: &Candidate| need.fits(account) && avoided != Some(account.id.as_str());
        match chooser.choose(strategy, random, fits) {
            Some(choice) => pairs.push(Pair {
                task,
                account: choice.account,
                is_probe: choice.is_probe,
            }),
            None => {
                without_account.insert(need);
            }
        }
    }
    pairs
}

/// Why some tasks have no account in a snapshot that was read at `now`.
///
/// ```
/// use genledger::chrono::{DateTime, TimeDelta};
/// use genledger::generation::{AccountType, Candidate, Shortage, Site, Sites, TaskNeed, shortage};
///
/// let now = DateTime::from_timestamp(1_750_000_000, 0).unwrap();
/// let busy = Candidate { active: 1, ..Candidate::new("a", Site::Hk, now) };
/// let need = TaskNeed::of(AccountType::International, Sites::ALL);
/// assert_eq!(shortage(&[need], &[busy], now), Shortage { full: 1, next_available_at: None });
/// ```
#[must_use]
pub fn shortage(needs: &[TaskNeed], accounts: &[Candidate], now: DateTime<Utc>) -> Shortage {
    let distinct: HashSet<&TaskNeed> = needs.iter().collect();
    let distinct: Vec<_> = distinct
        .into_iter()
        .map(|need| (need, avoided(need, accounts, now)))
        .collect();
    let mut found = Shortage::default();
    for account in accounts {
        let is_needed = distinct
            .iter()
            .any(|(need, avoided)| need.fits(account) && *avoided != Some(account.id.as_str()));
        match account.standing(now) {
            Standing::Free | Standing::Probe if is_needed => {
                found.full += usize::from(account.free_slots() == 0);
            }
            Standing::From(time) if is_needed => {
                let earliest = found
                    .next_available_at
                    .map_or(time, |other| other.min(time));
                found.next_available_at = Some(earliest);
            }
            _ => {}
        }
    }
    found
}

/// The account that a task avoids, if another one can do it, be its slots free or full.
fn avoided<'a>(need: &'a TaskNeed, accounts: &[Candidate], now: DateTime<Utc>) -> Option<&'a str> {
    let avoid = need.avoid.as_deref()?;
    let usable =
        |account: &Candidate| matches!(account.standing(now), Standing::Free | Standing::Probe);
    accounts
        .iter()
        .any(|account| account.id != avoid && need.fits(account) && usable(account))
        .then_some(avoid)
}

#[cfg(test)]
mod tests;
