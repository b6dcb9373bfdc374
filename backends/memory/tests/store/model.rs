//! The tables of these tests.

use chrono::{DateTime, Utc};
use genledger_contract::{Entity, MigrationSet, Store};
use genledger_memory::{MemoryConfig, MemoryStore};
use rust_decimal::Decimal;

/// An account.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    crate = genledger_contract,
    table = "accounts",
    key(region, id),
    unique(name = "uk_accounts_login", columns(login), live),
    unique(name = "uk_accounts_badge", columns(badge)),
    soft_delete = deleted
)]
pub(crate) struct Account {
    /// The first part of the key.
    #[column(max_chars = 16)]
    pub(crate) region: String,
    /// The second part of the key.
    #[column(filter)]
    pub(crate) id: i64,
    /// Unique among live accounts.
    #[column(max_chars = 16)]
    pub(crate) login: Option<String>,
    /// Unique among all accounts.
    pub(crate) badge: Option<i32>,
    /// Whether it is deleted.
    #[column(filter)]
    pub(crate) deleted: bool,
    /// A counter.
    #[column(filter)]
    pub(crate) small: i16,
    /// Money.
    #[column(precision = 6, scale = 2)]
    pub(crate) balance: Decimal,
    /// Bounded.
    #[column(range(0, 100))]
    pub(crate) percent: Option<i32>,
    /// The time at which it began.
    #[column(time = "unix_millis")]
    pub(crate) since: Option<DateTime<Utc>>,
}

impl Account {
    pub(crate) fn new(region: &str, id: i64) -> Self {
        Self {
            region: region.to_owned(),
            id,
            login: None,
            badge: None,
            deleted: false,
            small: 0,
            balance: Decimal::ZERO,
            percent: None,
            since: None,
        }
    }

    pub(crate) fn named(self, login: &str) -> Self {
        Self {
            login: Some(login.to_owned()),
            ..self
        }
    }
}

/// A row with a plain key.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "notes", key(id))]
pub(crate) struct Note {
    /// The key.
    pub(crate) id: i64,
    /// The text.
    #[column(filter, max_chars = 64)]
    pub(crate) text: String,
}

impl Note {
    pub(crate) fn new(id: i64) -> Self {
        Self {
            id,
            text: "text".to_owned(),
        }
    }
}

pub(crate) const TABLES: MigrationSet = MigrationSet::of("test", &[Account::TABLE, Note::TABLE]);

pub(crate) async fn store() -> MemoryStore {
    store_with(MemoryConfig::new()).await
}

pub(crate) async fn store_with(config: MemoryConfig) -> MemoryStore {
    let store = MemoryStore::with_config(config);
    store.migrate(&[TABLES]).await.unwrap();
    store
}
