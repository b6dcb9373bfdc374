//! The filter of provider accounts.

use genledger_contract::Filter;
use serde::{Deserialize, Serialize};

use super::{
    AccountStatus, AccountType, AccountUsageColumns as _, MediaStatus, ProviderAccount, Site,
    StampsColumns as _,
};
use crate::json::value_free_json;
use crate::setters::setters;
use crate::shows_no_operand::shows_no_operand;

/// Which accounts are listed: every condition that is set must hold, and deleted accounts are left out unless
/// [`deleted`](Self::deleted) is set.
///
/// The statuses use indexes; the other conditions are checked for each row that these leave. In JSON the members have
/// the names of the fields, and each may be missing; other members are ignored. Conditions that were joined with
/// [`and`](Self::and) are not part of it. `Debug` shows which conditions are set, and not what they compare with.
///
/// ```
/// use genledger::generation::{AccountStatus, ProviderAccountFilter, Site};
///
/// let filter = ProviderAccountFilter::new().site(Site::Hk).status(AccountStatus::Banned);
/// # let _ = filter;
/// let filter: ProviderAccountFilter = serde_json::from_str(r#"{"site":2}"#)?;
/// assert_eq!(filter.site, Some(Site::Hk));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", default)]
#[non_exhaustive]
pub struct ProviderAccountFilter {
    /// With this name at the provider.
    pub jimeng_account: Option<String>,
    /// Of this family.
    pub account_type: Option<AccountType>,
    /// Of this site.
    pub site: Option<Site>,
    /// With this status.
    pub status: Option<AccountStatus>,
    /// With this status of images.
    pub image_status: Option<MediaStatus>,
    /// With this status of videos.
    pub video_status: Option<MediaStatus>,
    /// Only deleted accounts, if true; otherwise only those that are not.
    pub deleted: Option<bool>,
    /// Further conditions.
    #[serde(skip)]
    pub further: Option<Filter<ProviderAccount>>,
}

value_free_json!(ProviderAccountFilter);

shows_no_operand!(ProviderAccountFilter {
    jimeng_account,
    account_type,
    site,
    status,
    image_status,
    video_status,
    deleted,
    further,
});

impl ProviderAccountFilter {
    /// All accounts that are not deleted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// With this name at the provider.
        jimeng_account: text String;
        /// Of this family.
        account_type: value AccountType;
        /// Of this site.
        site: value Site;
        /// With this status.
        status: value AccountStatus;
        /// With this status of images.
        image_status: value MediaStatus;
        /// With this status of videos.
        video_status: value MediaStatus;
        /// Only deleted accounts, if true; otherwise only those that are not.
        deleted: value bool;
        /// Also with this condition, on any columns that filters may use.
        and: condition Filter<ProviderAccount>;
    }

    /// The condition on the rows, to be joined with others.
    #[must_use]
    pub fn condition(&self) -> Filter<ProviderAccount> {
        type Account = ProviderAccount;
        let name = self.jimeng_account.as_deref();
        let family = self
            .account_type
            .map(|family| Account::JIMENG_ACCOUNT_TYPE.eq(family));
        let image = self
            .image_status
            .map(|status| Account::IMAGE_GENERATION_STATUS.eq(status));
        let video = self
            .video_status
            .map(|status| Account::VIDEO_GENERATION_STATUS.eq(status));
        Account::IS_DELETED
            .eq(self.deleted.unwrap_or_default())
            .and_maybe(name.map(|name| Account::JIMENG_ACCOUNT.eq(name)))
            .and_maybe(family)
            .and_maybe(self.site.map(|site| Account::SITE_TYPE.eq(site)))
            .and_maybe(self.status.map(|status| Account::ACCOUNT_STATUS.eq(status)))
            .and_maybe(image)
            .and_maybe(video)
            .and_maybe(self.further.clone())
    }
}
