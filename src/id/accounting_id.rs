//! Ids of the accounting domain.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::uuid_v7::UuidV7;
use crate::contract::entity::Operand;
use crate::contract::json::value_free;
use crate::contract::row::ParamSink;
use crate::contract::{Field, Result, Violation};
use crate::time::{Clock, SystemClock};

/// The id of an accounting record: text of at most 32 characters, made by the client.
///
/// Ids of this library are UUIDs of version 7 without hyphens, which sort by time; those of existing tables are kept as
/// they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Field)]
#[field(max_chars = 32, text)]
#[serde(transparent)]
pub struct AccountingRecordId(#[serde(deserialize_with = "value_free")] String);

impl AccountingRecordId {
    /// An id of another system: 1 to 32 visible ASCII characters.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) with the rule `malformed` for any other text.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        let visible = text.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
        if !visible || !(1..=32).contains(&text.len()) {
            let message = "must be 1 to 32 visible ASCII characters";
            return Err(Violation::new("id", "malformed", message).into());
        }
        Ok(Self(text))
    }

    /// A placeholder, to check a record that has no id yet.
    pub(crate) fn any() -> Self {
        Self("0".to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountingRecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Operand<AccountingRecordId> for &str {
    fn write(self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.text(self)
    }
}

/// The id of the balance of a customer in a currency, which follows from the two: creators of one balance create one row.
///
/// A name-based UUID (RFC 9562, version 8) with SHA-256, 32 characters in the database and in JSON.
///
/// ```
/// use genledger::id::CustomerBalanceId;
///
/// let id = CustomerBalanceId::of("c1", "CNY");
/// assert_eq!(id.to_string(), "18085dfaa5ee8eca8bcf24ccc677b813");
/// ```
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Field,
)]
#[field(uuid = "simple")]
#[serde(transparent)]
pub struct CustomerBalanceId(#[serde(with = "simple")] Uuid);

impl CustomerBalanceId {
    /// The id of this customer's balance in this currency.
    #[must_use]
    pub fn of(customer_id: &str, currency: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update(customer_id);
        digest.update([0]);
        digest.update(currency);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.finalize()[..16]);
        Self(Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The UUID.
    #[must_use]
    pub const fn get(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for CustomerBalanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// A UUID without hyphens in JSON; a refusal does not quote what it refuses.
mod simple {
    use serde::de::Error as _;
    use serde::{Deserializer, Serializer};
    use uuid::Uuid;

    use crate::contract::json::value_free;

    pub(super) fn serialize<S: Serializer>(id: &Uuid, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&id.simple())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Uuid, D::Error> {
        let text: String = value_free(deserializer)?;
        Uuid::try_parse(&text).map_err(|_| D::Error::custom("is not a UUID"))
    }
}

/// Generates ids of accounting records, which sort by time, also within one millisecond. Generators need no coordination.
///
/// ```
/// use std::sync::Arc;
/// use genledger::id::AccountingRecordIdGenerator;
/// use genledger::time::ManualClock;
///
/// let ids = AccountingRecordIdGenerator::new(Arc::new(ManualClock::at_unix_seconds(1_750_000_000)));
/// let first = ids.generate();
/// assert!(ids.generate() > first);
/// assert_eq!(first.as_str().len(), 32);
/// ```
#[derive(Debug)]
pub struct AccountingRecordIdGenerator(UuidV7);

impl AccountingRecordIdGenerator {
    /// A generator that follows a clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self(UuidV7::new(clock))
    }

    /// A generator that follows the system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Arc::new(SystemClock))
    }

    /// The next id.
    #[must_use]
    pub fn generate(&self) -> AccountingRecordId {
        self.generate_with_time().0
    }

    /// The next id, and the clock's time at which it was generated.
    #[must_use]
    pub fn generate_with_time(&self) -> (AccountingRecordId, DateTime<Utc>) {
        let (uuid, now) = self.0.generate();
        (AccountingRecordId(uuid.simple().to_string()), now)
    }
}
