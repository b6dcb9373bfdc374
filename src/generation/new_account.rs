//! Converts a `NewProviderAccount` into a row. The struct is derived from `ProviderAccount`, in `account.rs`, which
//! also has the columns and the rules.

use chrono::{DateTime, Utc};
use genledger_contract::{Result, Violations};
use uuid::Uuid;

use super::account::{DEFAULT_RETRIES, DEFAULT_ZONE};
use super::{AccountType, AccountUsage, NewProviderAccount, ProviderAccount, Site, Stamps};
use crate::id::{GenerationIdGenerator, ProviderAccountId};
use crate::validate::Validate;

impl NewProviderAccount {
    /// The row, with a new id, created at the time of the generator's clock.
    ///
    /// Without a site it has that of its family (`cn`, or `hk` for an international account), and without a family that
    /// of its site. The first daily reset is at 00:30 of the next day in its time zone.
    ///
    /// Do this once, before the first attempt to write: writing the same row again is then recognised, while a second
    /// id would be a second row.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with every broken rule.
    pub fn into_account(self, ids: &GenerationIdGenerator) -> Result<ProviderAccount> {
        let (id, now) = ids.generate_with_time();
        self.into_account_with_id(id, now)
    }

    /// The row with a given id, created at a given time.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with every broken rule.
    pub fn into_account_with_id(
        self,
        id: ProviderAccountId,
        now: DateTime<Utc>,
    ) -> Result<ProviderAccount> {
        let account = self.completed(id, now);
        account.validate()?;
        Ok(account)
    }

    /// The row, with what follows from the values that were given.
    fn completed(self, id: ProviderAccountId, now: DateTime<Utc>) -> ProviderAccount {
        let of_family = self.jimeng_account_type.and_then(AccountType::default_site);
        let site = self.site_type.or(of_family).unwrap_or(Site::Cn);
        let family = site.account_type().unwrap_or_default();
        let zone = self.time_zone.as_deref().unwrap_or(DEFAULT_ZONE);
        let stamps = Stamps::created(now);
        let usage = AccountUsage {
            quota_reset_time: ProviderAccount::first_reset(zone, stamps.create_time),
            ..AccountUsage::default()
        };
        self.into_entity(
            id,
            family,
            site,
            usage,
            DEFAULT_RETRIES,
            DEFAULT_ZONE.to_owned(),
            1,
            1,
            1,
            1,
            stamps,
        )
    }
}

/// The rules are those of the [`ProviderAccount`] that it becomes.
impl Validate for NewProviderAccount {
    fn violations(&self) -> Violations {
        let id = ProviderAccountId::new(Uuid::nil());
        self.clone()
            .completed(id, DateTime::UNIX_EPOCH)
            .violations()
    }
}
