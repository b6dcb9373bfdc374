//! `AdminInfo`: the object in `other` that only administrators see.

use genledger_contract::Violation;

use crate::json::{JsonInput, JsonObject, JsonValue, json_object};

json_object! {
    /// The part of a usage log that only administrators see: which channels were tried, and with which key.
    ///
    /// ```
    /// use genledger::usage::{AdminInfo, UsageLogOther};
    ///
    /// let info = AdminInfo::new().with(AdminInfo::USE_CHANNEL, ["12", "7"]);
    /// let other = UsageLogOther::new().with(UsageLogOther::ADMIN_INFO, info);
    /// assert_eq!(other.as_str(), r#"{"admin_info":{"use_channel":["12","7"]}}"#);
    /// assert_eq!(other.for_user().as_str(), "{}");
    /// ```
    pub struct AdminInfo at "admin_info";

    /// The channels that were tried, in order.
    USE_CHANNEL: Vec<String> = "use_channel";
    /// Whether the channel has several keys.
    IS_MULTI_KEY: bool = "is_multi_key";
    /// Which of the keys was used, from 0.
    MULTI_KEY_INDEX: i64 = "multi_key_index";
    /// Whether the tokens were counted here, since the upstream did not report them.
    LOCAL_COUNT_TOKENS: bool = "local_count_tokens";
}

impl JsonValue for AdminInfo {
    const EXPECTED: &'static str = "must be an object";

    fn from_json(text: &str) -> Option<Self> {
        let object = JsonObject::from_text(text);
        object.named_entries().is_some().then_some(Self(object))
    }

    fn violations(text: &str) -> Vec<Violation> {
        match Self::from_json(text) {
            Some(info) => info.0.violations_at("", Self::KNOWN),
            None if text == "null" => Vec::new(),
            None => vec![Violation::new("", "wrong_kind", Self::EXPECTED)],
        }
    }
}

impl JsonInput<Self> for AdminInfo {
    fn into_json(self) -> String {
        if self.is_empty() {
            "{}".to_owned()
        } else {
            self.as_str().to_owned()
        }
    }
}
