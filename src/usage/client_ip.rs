//! `ClientIp`: an address that `Debug` hides.

use std::fmt;
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
/// Whether it may be stored is the application's decision; by default it is not.
///
/// ```
/// use genledger::usage::ClientIp;
///
/// let ip = ClientIp::from("203.0.113.7");
/// assert_eq!(ip.as_str(), "203.0.113.7");
/// assert_eq!(format!("{ip:?}"), "ClientIp(***)");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientIp(#[serde(deserialize_with = "value_free")] String);

impl ClientIp {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ClientIp {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for ClientIp {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<IpAddr> for ClientIp {
    fn from(address: IpAddr) -> Self {
        Self(address.to_string())
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
        sink.text(&self.0)
    }

    /// Adopted tables have an empty text where there is no address.
    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        let text = row.text(index)?.filter(|text| !text.is_empty());
        Ok(text.map(Self::from))
    }
}

impl TextField for ClientIp {}
