//! The field `other` of a usage log: its known keys, with billing details.

mod admin;
mod billing;
mod field;
mod private;
mod serde;

pub use admin::AdminInfo;
pub use billing::BillingSource;

use genledger_contract::Result;
use genledger_contract::entity::JsonText;
use rust_decimal::Decimal;

use crate::json::json_object;

json_object! {
    /// The details of a usage log as a JSON object: known keys typed, all others kept byte for byte.
    ///
    /// All keys are optional. Ratios are exact decimals; tokens, quota units and milliseconds are
    /// whole numbers. The text is kept as it is and parsed only when a key is read; the empty
    /// text is the empty object, stored as NULL, and stays empty.
    ///
    /// In JSON it is a **text** that holds JSON, as the systems that read such logs expect; an
    /// object is accepted too.
    ///
    /// ```
    /// use genledger::usage::UsageLogOther;
    /// use genledger::validate::Validate;
    ///
    /// let mut other = UsageLogOther::from_text(r#"{"model_ratio":1.250,"x":[1]}"#);
    /// assert_eq!(other.get(UsageLogOther::MODEL_RATIO)?, Some("1.250".parse()?));
    /// other.set(UsageLogOther::CACHE_TOKENS, 128);
    /// assert_eq!(other.as_str(), r#"{"model_ratio":1.250,"x":[1],"cache_tokens":128}"#);
    ///
    /// other.set(UsageLogOther::GROUP_RATIO, f64::NAN);
    /// let error = other.validate().unwrap_err();
    /// assert_eq!(error.violations()[0].path(), "other.group_ratio");
    /// assert_eq!(error.violations()[0].rule(), "not_finite");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct UsageLogOther at "other";

    /// Price of a prompt token of the model, relative to the base price.
    MODEL_RATIO: Decimal = "model_ratio";
    /// Factor of the group that was used.
    GROUP_RATIO: Decimal = "group_ratio";
    /// Price of a completion token relative to a prompt token.
    COMPLETION_RATIO: Decimal = "completion_ratio";
    /// Tokens that were read from the cache.
    CACHE_TOKENS: i64 = "cache_tokens";
    /// Price of a cached token relative to a prompt token.
    CACHE_RATIO: Decimal = "cache_ratio";
    /// Price of a call of the model, in USD, where it is not priced by tokens; −1 for none.
    MODEL_PRICE: Decimal = "model_price";
    /// Factor of the user's own group; −1 for none, see [`user_group_ratio`](Self::user_group_ratio).
    USER_GROUP_RATIO: Decimal = "user_group_ratio";
    /// Milliseconds to the first byte of the answer; −1000 for none, see
    /// [`first_byte_millis`](Self::first_byte_millis).
    FRT: i64 = "frt";
    /// How much the model was asked to reason.
    REASONING_EFFORT: String = "reasoning_effort";
    /// Whether the model was replaced by another on the way.
    IS_MODEL_MAPPED: bool = "is_model_mapped";
    /// The model that was called in its place.
    UPSTREAM_MODEL_NAME: String = "upstream_model_name";
    /// The path of the request.
    REQUEST_PATH: String = "request_path";
    /// Tokens that were written to the cache.
    CACHE_CREATION_TOKENS: i64 = "cache_creation_tokens";
    /// Price of a token written to the cache, relative to a prompt token.
    CACHE_CREATION_RATIO: Decimal = "cache_creation_ratio";
    /// Tokens that were written to the cache for five minutes.
    CACHE_CREATION_TOKENS_5M: i64 = "cache_creation_tokens_5m";
    /// Price of a token written to the cache for five minutes, relative to a prompt token.
    CACHE_CREATION_RATIO_5M: Decimal = "cache_creation_ratio_5m";
    /// Tokens that were written to the cache for an hour.
    CACHE_CREATION_TOKENS_1H: i64 = "cache_creation_tokens_1h";
    /// Price of a token written to the cache for an hour, relative to a prompt token.
    CACHE_CREATION_RATIO_1H: Decimal = "cache_creation_ratio_1h";
    /// Audio tokens of the prompt.
    AUDIO_INPUT: i64 = "audio_input";
    /// Audio tokens of the completion.
    AUDIO_OUTPUT: i64 = "audio_output";
    /// Text tokens of the prompt.
    TEXT_INPUT: i64 = "text_input";
    /// Text tokens of the completion.
    TEXT_OUTPUT: i64 = "text_output";
    /// Image tokens.
    IMAGE_OUTPUT: i64 = "image_output";
    /// Price of an image token relative to a prompt token.
    IMAGE_RATIO: Decimal = "image_ratio";
    /// What was charged: the wallet or a subscription.
    BILLING_SOURCE: BillingSource = "billing_source";
    /// The subscription that was charged.
    SUBSCRIPTION_ID: i64 = "subscription_id";
    /// The plan of the subscription.
    SUBSCRIPTION_PLAN_ID: i64 = "subscription_plan_id";
    /// The title of the plan.
    SUBSCRIPTION_PLAN_TITLE: String = "subscription_plan_title";
    /// Quota units that the subscription was charged in advance.
    SUBSCRIPTION_PRE_CONSUMED: i64 = "subscription_pre_consumed";
    /// Quota units by which the advance was corrected.
    SUBSCRIPTION_POST_DELTA: i64 = "subscription_post_delta";
    /// Quota units that the subscription was charged in the end.
    SUBSCRIPTION_CONSUMED: i64 = "subscription_consumed";
    /// Quota units that the subscription has left.
    SUBSCRIPTION_REMAIN: i64 = "subscription_remain";
    /// Quota units that the subscription holds in all.
    SUBSCRIPTION_TOTAL: i64 = "subscription_total";
    /// The task that was paid for or refunded.
    TASK_ID: String = "task_id";
    /// Why quota was refunded or corrected.
    REASON: String = "reason";
    /// Quota units that were charged in advance.
    PRE_CONSUMED_QUOTA: i64 = "pre_consumed_quota";
    /// Quota units that it cost in the end.
    ACTUAL_QUOTA: i64 = "actual_quota";
    /// The class of an error.
    ERROR_TYPE: String = "error_type";
    /// The code of an error.
    ERROR_CODE: String = "error_code";
    /// The HTTP status of an error.
    STATUS_CODE: i64 = "status_code";
    /// The channel of an error. No user sees it.
    CHANNEL_ID: i64 = "channel_id";
    /// The name of the channel of an error. No user sees it.
    CHANNEL_NAME: String = "channel_name";
    /// The type of the channel of an error. No user sees it.
    CHANNEL_TYPE: i64 = "channel_type";
    /// What only administrators see.
    ADMIN_INFO: AdminInfo = "admin_info";
    /// Who did what, for audits. No user sees it.
    AUDIT_INFO: JsonText = "audit_info";
}

impl UsageLogOther {
    /// The factor of the user's own group; `None` where there is none, also when it is written as −1.
    ///
    /// # Errors
    /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt) when the value is not a number.
    pub fn user_group_ratio(&self) -> Result<Option<Decimal>> {
        let ratio = self.get(Self::USER_GROUP_RATIO)?;
        Ok(ratio.filter(|ratio| *ratio != Decimal::NEGATIVE_ONE))
    }

    /// Milliseconds to the first byte of the answer; `None` where there was none, also when it is
    /// written as −1000.
    ///
    /// # Errors
    /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt) when the value is not a whole number.
    pub fn first_byte_millis(&self) -> Result<Option<i64>> {
        let millis = self.get(Self::FRT)?;
        Ok(millis.filter(|millis| *millis != -1000))
    }
}

#[cfg(test)]
mod tests;
