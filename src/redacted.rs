//! Text that is hidden in logs.

pub(crate) mod hidden;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::contract::Field;
use crate::contract::entity::Operand;
use crate::contract::json::value_free;
use crate::contract::row::ParamSink;

/// Personal data or a session id: stored and sent as it is, shown as `***` by `Debug`, and therefore
/// in logs and errors. There is no `Display`.
///
/// ```
/// use genledger::Redacted;
///
/// let phone = Redacted::from("+49 30 901820");
/// assert_eq!(format!("{phone:?}"), "***");
/// assert_eq!(phone.expose(), "+49 30 901820");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Field)]
#[field(text)]
#[serde(transparent)]
pub struct Redacted(#[serde(deserialize_with = "value_free")] String);

impl Redacted {
    /// The text. The caller is responsible for not logging it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Redacted {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Redacted {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// What is shown in place of a secret.
const HIDDEN: &str = "***";

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Operand<Redacted> for &str {
    fn write(self, sink: &mut dyn ParamSink) -> crate::Result<()> {
        sink.text(self)
    }
}
