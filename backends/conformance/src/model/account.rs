//! Rows with numbers: guards, additions, upserts, and optimistic locking.

use genledger_contract::Entity;
use rust_decimal::Decimal;

/// An account whose numbers are added to.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    crate = genledger_contract,
    table = "suite_accounts",
    key(id),
    index(owner, id)
)]
pub(crate) struct Account {
    /// Its number.
    pub(crate) id: i64,
    /// The owner.
    #[column(max_chars = 32)]
    pub(crate) owner: String,
    /// The balance.
    #[column(precision = 18, scale = 6, filter)]
    pub(crate) balance: Decimal,
    /// Changes with every guarded update.
    #[column(filter, default = 0)]
    pub(crate) version: i64,
    /// A 32-bit number.
    #[column(filter)]
    pub(crate) visits: i32,
    /// A 16-bit number.
    #[column(filter)]
    pub(crate) small: i16,
    /// A number with bounds.
    #[column(filter, range(0, 100))]
    pub(crate) percent: i32,
    /// A number that may be absent.
    #[column(filter)]
    pub(crate) bonus: Option<i64>,
    /// Words.
    #[column(filter, max_chars = 64)]
    pub(crate) note: Option<String>,
}

impl Account {
    /// An account with nothing in it.
    pub(crate) fn new(id: i64) -> Self {
        Self {
            id,
            owner: "unowned".to_owned(),
            balance: Decimal::ZERO,
            version: 0,
            visits: 0,
            small: 0,
            percent: 0,
            bonus: None,
            note: None,
        }
    }

    /// Accounts with these numbers.
    pub(crate) fn many(ids: impl IntoIterator<Item = i64>) -> Vec<Self> {
        ids.into_iter().map(Self::new).collect()
    }
}

/// A row with a version; no index has the version.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    crate = genledger_contract,
    table = "suite_versioned",
    key(id),
    version = version
)]
pub(crate) struct Versioned {
    /// Its number.
    pub(crate) id: i64,
    /// A name.
    #[column(max_chars = 32)]
    pub(crate) name: String,
    /// How often it was changed.
    pub(crate) version: i64,
    /// A document.
    #[column(json)]
    pub(crate) tags: Vec<String>,
}

impl Versioned {
    /// A row that was never changed.
    pub(crate) fn new(id: i64) -> Self {
        Self {
            id,
            name: "new".to_owned(),
            version: 0,
            tags: Vec::new(),
        }
    }
}
