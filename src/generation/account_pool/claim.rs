//! Claims of accounts without tasks: what a holder asks for, the answer, and how slots are taken.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use genledger_contract::query::MAX_PAGE_SIZE;
use genledger_contract::{CodedEnum as _, Error, Query, Result, SessionExt, Tx, Violations};
use uuid::Uuid;

use super::lease::LeasedAccount;
use crate::generation::account_slots::{self, ActiveAccounts, Opened, Term, Wanted};
use crate::generation::leases::claim::checked_claim;
use crate::generation::settings::Settings;
use crate::generation::{
    AccountType, Candidate, Choice, ChoiceStrategy, Chooser, GenerationAttempt, Medium,
    ProviderAccount, Shortage, Site, Sites, SplitMix64, TaskNeed, shortage,
};
use crate::setters::setters;

/// Which accounts a holder asks for, how many slots of them, and for how long.
///
/// ```
/// use std::time::Duration;
/// use genledger::generation::{AccountClaim, ChoiceStrategy, Medium, Site};
/// use genledger::uuid::Uuid;
///
/// let claim = AccountClaim::new("worker-1", Uuid::now_v7(), Medium::Video)
///     .site(Site::Hk)
///     .strategy(ChoiceStrategy::Sticky("user-42".to_owned()));
/// assert_eq!((claim.n, claim.length), (1, Duration::from_secs(60)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountClaim {
    /// Who asks, a name for people; 1 to 64 characters.
    pub holder: String,
    /// The token of the claim, a new one each time: a claim that is repeated with it returns the same leases.
    pub token: Uuid,
    /// The kind of media that the accounts are used for.
    pub medium: Medium,
    /// The most slots, 1 to 1000; 1 if it is not set. Several may be slots of one account.
    pub n: u32,
    /// How long the leases last without a heartbeat, 1 second to 1 hour; 60 seconds if it is not set.
    pub length: Duration,
    /// Only accounts of this site.
    pub site: Option<Site>,
    /// Only accounts of this family.
    pub family: Option<AccountType>,
    /// How accounts are chosen.
    pub strategy: ChoiceStrategy,
    /// The seed of choices at random; made of the token if it is not set.
    pub seed: u64,
}

impl AccountClaim {
    /// A claim of one slot for 60 seconds, of any site, where accounts are chosen by priority and last use.
    #[must_use]
    pub fn new(holder: impl Into<String>, token: Uuid, medium: Medium) -> Self {
        let (high, low) = token.as_u64_pair();
        Self {
            holder: holder.into(),
            token,
            medium,
            n: 1,
            length: Duration::from_secs(60),
            site: None,
            family: None,
            strategy: ChoiceStrategy::default(),
            seed: high ^ low,
        }
    }

    /// The most slots, 1 to 1000.
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

    setters! {
        /// Only accounts of this site.
        site: value Site;
        /// Only accounts of this family.
        family: value AccountType;
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
    pub(super) fn checked(&self) -> Result<TimeDelta> {
        let mut found = Violations::new();
        let length = checked_claim(&mut found, &self.holder, self.n, self.length);
        let known = [
            ("medium", self.medium.is_known()),
            ("site", self.site.is_none_or(|site| site.is_known())),
            ("family", self.family.is_none_or(|family| family.is_known())),
        ];
        for (path, is_known) in known {
            let message = "is not a code that this version knows";
            found.check(!is_known, path, "unrecognized_code", message);
        }
        let of_site = self.site.and_then(Site::account_type);
        let differs = of_site.is_some_and(|of_site| self.family.is_some_and(|it| it != of_site));
        let message = "is not the family of the site";
        found.check(differs, "family", "site_mismatch", message);
        found.into_result().map_err(Error::from)?;
        Ok(length)
    }

    /// What an account must be: one of these.
    fn needs(&self) -> Vec<TaskNeed> {
        let families = match self.family {
            Some(family) => vec![family],
            None => vec![AccountType::Domestic, AccountType::International],
        };
        let needs = families.into_iter().map(|family| TaskNeed {
            want_site: self.site,
            ..TaskNeed::of(family, Sites::ALL)
        });
        needs.collect()
    }
}

/// The answer to a claim of accounts.
///
/// ```
/// use genledger::generation::ClaimedAccounts;
///
/// fn describe(claimed: &ClaimedAccounts) -> String {
///     match claimed {
///         ClaimedAccounts::Leased(accounts) => format!("{} slots", accounts.len()),
///         ClaimedAccounts::NoAccount(short) => format!("{} are full, next {:?}", short.full, short.next_available_at),
///         ClaimedAccounts::Contended => "again at once".to_owned(),
///     }
/// }
/// # let _ = describe;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimedAccounts {
    /// At least one slot, in the order of the choices; or, for a claim that was repeated, those of its leases that are
    /// still held, which may be none.
    Leased(Vec<LeasedAccount>),
    /// No account can be used now: how many fit and are full, and when the first of the others becomes available, by the
    /// clock of the store.
    NoAccount(Shortage),
    /// Other claims got the slots: claim again soon.
    Contended,
}

/// One claim, in its transaction.
pub(super) async fn claim(
    tx: &Tx,
    settings: &Settings,
    claim: &AccountClaim,
    term: Term<'_>,
) -> Result<ClaimedAccounts> {
    if let Some(leased) = replayed(tx, claim).await? {
        return Ok(ClaimedAccounts::Leased(leased));
    }
    let accounts = ActiveAccounts::read(tx, claim.medium).await?;
    let needs = claim.needs();
    let choices = choices(claim, &needs, &accounts.candidates, term.now);
    if choices.is_empty() {
        let short = shortage(&needs, &accounts.candidates, term.now);
        return Ok(ClaimedAccounts::NoAccount(short));
    }
    let mut slots = take(tx, claim, term, &accounts.rows, &choices).await?;
    let mut attempts = Vec::new();
    let mut leased = Vec::new();
    for choice in &choices {
        let Some((account, opened)) = slots.get_mut(&choice.account) else {
            continue;
        };
        let Some(slot) = opened.pop_front() else {
            continue;
        };
        let id = settings.ids.generate();
        let attempt = account_slots::attempt(id, term, claim.medium, account, slot);
        leased.extend(LeasedAccount::of(&attempt, account.clone()));
        attempts.push(attempt);
    }
    if attempts.is_empty() {
        return Ok(ClaimedAccounts::Contended);
    }
    attempts.sort_unstable_by_key(|attempt| attempt.id);
    tx.insert_many(&attempts).await?;
    Ok(ClaimedAccounts::Leased(leased))
}

/// The choices, one for each slot.
fn choices(
    claim: &AccountClaim,
    needs: &[TaskNeed],
    candidates: &[Candidate],
    now: DateTime<Utc>,
) -> Vec<Choice> {
    let mut chooser = Chooser::new(candidates, now);
    let mut random = SplitMix64::new(claim.seed);
    let fits = |account: &Candidate| needs.iter().any(|need| need.fits(account));
    let choices = (0..claim.n).map_while(|_| chooser.choose(&claim.strategy, &mut random, fits));
    choices.collect()
}

/// The slots that were taken, by the position of their account, with the account as it is afterwards.
type TakenSlots = HashMap<usize, (ProviderAccount, VecDeque<Opened>)>;

/// Takes the slots of choices; those that other claims were faster to take are left out.
async fn take(
    tx: &Tx,
    claim: &AccountClaim,
    term: Term<'_>,
    accounts: &[ProviderAccount],
    choices: &[Choice],
) -> Result<TakenSlots> {
    let mut of_account: BTreeMap<_, (usize, Wanted<'_>)> = BTreeMap::new();
    for choice in choices {
        if let Some(account) = accounts.get(choice.account) {
            let none = Wanted {
                account,
                count: 0,
                is_probe: choice.is_probe,
            };
            let (_, wanted) = of_account
                .entry(account.id)
                .or_insert((choice.account, none));
            wanted.count += 1;
        }
    }
    let wanted: Vec<_> = of_account.values().map(|(_, wanted)| *wanted).collect();
    let slots = account_slots::take_all(tx, term, claim.medium, &wanted).await?;
    let taken = of_account.into_values().zip(slots);
    let taken = taken.filter_map(|((position, _), slots)| {
        let slots = slots?;
        Some((position, (slots.account, slots.opened.into())))
    });
    Ok(taken.collect())
}

/// The leases of a claim with the same token that are still held; `None` if there was none.
async fn replayed(tx: &Tx, claim: &AccountClaim) -> Result<Option<Vec<LeasedAccount>>> {
    let of_claim = GenerationAttempt::CLAIM_TOKEN.eq(claim.token)
        & GenerationAttempt::MEDIA.eq(claim.medium)
        & GenerationAttempt::TASK_ID.is_null();
    let query = Query::matching(of_claim).page_size(MAX_PAGE_SIZE);
    let attempts = tx.page(&query).await?.items;
    if attempts.is_empty() {
        return Ok(None);
    }
    let mut leased = Vec::new();
    for attempt in attempts {
        let (None, Some(id)) = (attempt.outcome, attempt.account_id) else {
            continue;
        };
        let account = tx.find::<ProviderAccount>(&id).await?;
        leased.extend(account.and_then(|account| LeasedAccount::of(&attempt, account)));
    }
    Ok(Some(leased))
}
