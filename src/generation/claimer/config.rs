//! The configuration of a claimer.

use std::time::Duration;

use genledger_contract::Result;
use uuid::Uuid;

use crate::generation::{AccountType, ChoiceStrategy, Claim};

/// What a [`Claimer`](super::Claimer) claims, and for how long.
///
/// ```
/// use std::time::Duration;
/// use genledger::generation::{AccountType, ClaimerConfig};
///
/// let config = ClaimerConfig::new("worker-1").length(Duration::from_secs(120)).family(AccountType::Domestic);
/// assert_eq!(config.most, 100);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClaimerConfig {
    /// Who holds the leases, a name for people; 1 to 64 characters.
    pub holder: String,
    /// How long a lease lasts without a heartbeat, 1 second to 1 hour; 60 seconds if it is not set.
    pub length: Duration,
    /// The most tasks of one claim, and the most reports of one transaction, 1 to 1000; 100 if it is not set.
    pub most: u32,
    /// Only tasks of this family of accounts.
    pub family: Option<AccountType>,
    /// How accounts are chosen.
    pub strategy: ChoiceStrategy,
}

impl ClaimerConfig {
    /// Claims of any family for 60 seconds, where accounts are chosen by priority and last use.
    #[must_use]
    pub fn new(holder: impl Into<String>) -> Self {
        Self {
            holder: holder.into(),
            length: Duration::from_secs(60),
            most: 100,
            family: None,
            strategy: ChoiceStrategy::default(),
        }
    }

    /// How long a lease lasts, 1 second to 1 hour.
    #[must_use]
    pub const fn length(mut self, length: Duration) -> Self {
        self.length = length;
        self
    }

    /// The most tasks of one claim, and the most reports of one transaction, 1 to 1000.
    #[must_use]
    pub const fn most(mut self, most: u32) -> Self {
        self.most = most;
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

    pub(super) fn check(&self) -> Result<()> {
        self.claim(self.most).checked().map(drop)
    }

    /// A new claim of this many tasks.
    pub(super) fn claim(&self, n: u32) -> Claim {
        Claim {
            n,
            length: self.length,
            family: self.family,
            strategy: self.strategy.clone(),
            ..Claim::new(self.holder.as_str(), Uuid::now_v7())
        }
    }
}
