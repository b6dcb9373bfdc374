//! `BillingSource`, a coded text of `other`.

use genledger_contract::entity::UnrecognizedCode;
use genledger_contract::{CodedEnum, Violation};

use crate::json::{JsonInput, JsonValue};

/// What a request was charged to.
///
/// ```
/// use genledger::usage::{BillingSource, UsageLogOther};
///
/// let other = UsageLogOther::new().with(UsageLogOther::BILLING_SOURCE, BillingSource::Wallet);
/// assert_eq!(other.as_str(), r#"{"billing_source":"wallet"}"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(text, max_chars = 32)]
pub enum BillingSource {
    /// The user's wallet.
    #[code("wallet")]
    Wallet,
    /// A subscription.
    #[code("subscription")]
    Subscription,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl JsonValue for BillingSource {
    const EXPECTED: &'static str = "must be \"wallet\" or \"subscription\"";

    fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// A code that this version does not know is read, but must not be written.
    fn violations(text: &str) -> Vec<Violation> {
        match Self::from_json(text) {
            Some(source) if source.is_known() => Vec::new(),
            None if text == "null" => Vec::new(),
            _ => vec![Violation::new("", "unrecognized_code", Self::EXPECTED)],
        }
    }
}

impl JsonInput<Self> for BillingSource {
    fn into_json(self) -> String {
        JsonInput::<String>::into_json(self.as_str())
    }
}
