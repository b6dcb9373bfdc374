//! `ClientIp`: an address that `Debug` hides, and whether it may be stored.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;

use genledger_contract::entity::TextField;
use genledger_contract::json::value_free;
use genledger_contract::row::{ParamSink, RowReader};
use genledger_contract::table::ColumnType;
use genledger_contract::{Field, Result};
use serde::{Deserialize, Serialize};

/// The IP address that a request came from, as text of at most 64 characters.
///
/// It is personal data: `Debug` hides it, so that it does not reach logs and traces by accident.
/// Whether it may be stored is decided by an [`IpPolicy`](super::IpPolicy). The decision is made once, when a row is
/// created, and belongs to the address: a retry, or a replay after the user has changed the setting, stores the same row.
///
/// ```
/// use genledger::usage::ClientIp;
///
/// let ip = ClientIp::from("203.0.113.7");
/// assert_eq!(ip.as_str(), "203.0.113.7");
/// assert_eq!(format!("{ip:?}"), "ClientIp(***)");
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientIp {
    #[serde(deserialize_with = "value_free")]
    text: String,
    #[serde(skip)]
    passed: Passed,
}

/// How an address passed an [`IpPolicy`](super::IpPolicy).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Passed {
    /// Not yet.
    #[default]
    No,
    /// By the opt-in of a user.
    OptIn(i64),
    /// When the row was stored that it was read from.
    Stored,
}

impl ClientIp {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address of a user who opted in.
    pub(super) fn opted_in(self, user_id: i64) -> Self {
        let passed = Passed::OptIn(user_id);
        Self { passed, ..self }
    }

    /// Whether it passed for rows of a user that need an opt-in.
    pub(super) fn is_opted_in(&self, user_id: i64) -> bool {
        match self.passed {
            Passed::No => false,
            Passed::OptIn(user) => user == user_id,
            Passed::Stored => true,
        }
    }
}

/// The text is compared, not whether it may be stored.
impl PartialEq for ClientIp {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for ClientIp {}

impl Hash for ClientIp {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl From<&str> for ClientIp {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for ClientIp {
    fn from(text: String) -> Self {
        let passed = Passed::No;
        Self { text, passed }
    }
}

impl From<IpAddr> for ClientIp {
    fn from(address: IpAddr) -> Self {
        Self::from(address.to_string())
    }
}

impl fmt::Debug for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientIp(***)")
    }
}

impl Field for ClientIp {
    const TYPE: ColumnType = ColumnType::Text { max_chars: 64 };

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.text(&self.text)
    }

    /// Adopted tables have an empty text where there is no address.
    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        let text = row.text(index)?.filter(|text| !text.is_empty());
        let passed = Passed::Stored;
        Ok(text.map(|text| Self {
            text: text.to_owned(),
            passed,
        }))
    }
}

impl TextField for ClientIp {}
