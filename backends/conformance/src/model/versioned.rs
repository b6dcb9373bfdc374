//! A row with an optimistic lock.

use genledger_contract::Entity;

/// A row whose version counts up with every update; no index knows it.
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
