//! `Claim`, what a holder asks for, and the answer.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::{Error, Result, Violations};
use uuid::Uuid;

use super::lease::LeasedTask;
use crate::generation::account_slots::Term;
use crate::generation::store_time::after;
use crate::generation::{AccountType, ChoiceStrategy, GenerationTask};
use crate::validate::present;

/// The most characters of a holder's name.
const MAX_HOLDER: usize = 64;

/// Which tasks a holder asks for, how many, and for how long.
///
/// ```
/// use std::time::Duration;
/// use genledger::generation::{ChoiceStrategy, Claim};
/// use genledger::uuid::Uuid;
///
/// let claim = Claim::new("worker-1", Uuid::now_v7()).n(10).strategy(ChoiceStrategy::RoundRobin);
/// assert_eq!((claim.n, claim.length), (10, Duration::from_secs(60)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claim {
    /// Who asks, a name for people; 1 to 64 characters.
    pub holder: String,
    /// The token of the claim, a new one each time: a claim that is repeated with it returns the same leases.
    pub token: Uuid,
    /// The most tasks, 1 to 1000; 1 if it is not set.
    pub n: u32,
    /// How long the leases last without a heartbeat, 1 second to 1 hour; 60 seconds if it is not set.
    pub length: Duration,
    /// Only tasks of this family of accounts. Without one, the family whose first task comes first.
    pub family: Option<AccountType>,
    /// How accounts are chosen.
    pub strategy: ChoiceStrategy,
    /// The seed of choices at random; made of the token if it is not set.
    pub seed: u64,
}

impl Claim {
    /// A claim of one task for 60 seconds, where accounts are chosen by priority and last use.
    #[must_use]
    pub fn new(holder: impl Into<String>, token: Uuid) -> Self {
        let (high, low) = token.as_u64_pair();
        Self {
            holder: holder.into(),
            token,
            n: 1,
            length: Duration::from_secs(60),
            family: None,
            strategy: ChoiceStrategy::default(),
            seed: high ^ low,
        }
    }

    /// The most tasks, 1 to 1000.
    #[must_use]
    pub const fn n(mut self, n: u32) -> Self {
        self.n = n;
        self
    }

    /// How long the leases last, 1 second to 1 hour.
    #[must_use]
    pub const fn length(mut self, length: Duration) -> Self {
        self.length = length;
        self
    }

    /// Only tasks of this family of accounts.
    #[must_use]
    pub const fn family(mut self, family: AccountType) -> Self {
        self.family = Some(family);
        self
    }

    /// How accounts are chosen.
    #[must_use]
    pub fn strategy(mut self, strategy: ChoiceStrategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// The seed of choices at random: equal seeds give equal choices.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The length of the leases, after every rule was checked.
    pub(in crate::generation) fn checked(&self) -> Result<TimeDelta> {
        let mut found = Violations::new();
        let length = checked_claim(&mut found, &self.holder, self.n, self.length);
        found.into_result().map_err(Error::from)?;
        Ok(length)
    }
}

/// The rules of every claim; returns the length of the leases, to the millisecond.
pub(in crate::generation) fn checked_claim(
    found: &mut Violations,
    holder: &str,
    n: u32,
    length: Duration,
) -> TimeDelta {
    present(found, "holder", holder);
    let long = holder.chars().nth(MAX_HOLDER).is_some();
    found.check(
        long,
        "holder",
        "too_long",
        "must not be longer than 64 characters",
    );
    let nul = holder.contains('\0');
    found.check(
        nul,
        "holder",
        "nul_character",
        "must not contain a NUL character",
    );
    let outside = !(1..=1000).contains(&n);
    found.check(outside, "n", "out_of_range", "must be from 1 to 1000");
    checked_length(found, length)
}

/// The length of a lease, to the millisecond.
pub(in crate::generation) fn checked_length(found: &mut Violations, length: Duration) -> TimeDelta {
    let allowed = Duration::from_secs(1)..=Duration::from_secs(3_600);
    let message = "must be from 1 second to 1 hour";
    found.check(
        !allowed.contains(&length),
        "length",
        "out_of_range",
        message,
    );
    let millis = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
    TimeDelta::try_milliseconds(millis).unwrap_or(TimeDelta::MAX)
}

/// The length of a heartbeat.
pub(in crate::generation) fn checked_heartbeat(length: Duration) -> Result<TimeDelta> {
    let mut found = Violations::new();
    let length = checked_length(&mut found, length);
    found.into_result().map_err(Error::from)?;
    Ok(length)
}

/// Where a claim looks for tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::generation) enum Look {
    /// At those that are ready to begin.
    AtReady,
    /// Also at daily resets that are due, at tasks whose wait is over or that are resumed, and at what a claim with the
    /// same token has got.
    AtAll,
}

/// A claim that was checked, at a time.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) claim: &'a Claim,
    pub(super) now: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) look: Look,
}

impl<'a> Request<'a> {
    pub(super) fn new(
        claim: &'a Claim,
        length: TimeDelta,
        now: DateTime<Utc>,
        look: Look,
    ) -> Result<Self> {
        let expires_at = after(now, length)?;
        Ok(Self {
            claim,
            now,
            expires_at,
            look,
        })
    }

    /// The leases of the claim.
    pub(super) fn term(&self) -> Term<'a> {
        Term {
            holder: &self.claim.holder,
            token: self.claim.token,
            now: self.now,
            expires_at: self.expires_at,
        }
    }
}

/// The answer to a claim.
///
/// ```
/// use genledger::generation::{Claimed, Empty, ImageTask};
///
/// fn describe(claimed: &Claimed<ImageTask>) -> String {
///     match claimed {
///         Claimed::Leased(tasks) => format!("{} tasks", tasks.len()),
///         Claimed::Empty(Empty::Contended) => "again at once".to_owned(),
///         Claimed::Empty(empty) => format!("{empty:?}"),
///     }
/// }
/// # let _ = describe;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Claimed<T: GenerationTask> {
    /// At least one task; or, for a claim that was repeated, those of its leases that are still held, which may be none.
    Leased(Vec<LeasedTask<T>>),
    /// No task.
    Empty(Empty),
}

/// Why a claim got no task. Times are those of the store's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Empty {
    /// No task is ready.
    NoTask {
        /// When the next waiting task becomes ready, if one waits.
        next_due_at: Option<DateTime<Utc>>,
    },
    /// Tasks are ready, and no account can do them now.
    NoAccount {
        /// How many accounts could do one of them, and have no free slot.
        full: usize,
        /// When the first of the other accounts becomes available, if one does.
        next_available_at: Option<DateTime<Utc>>,
    },
    /// Other claims got the tasks or the accounts: claim again soon.
    Contended,
}
