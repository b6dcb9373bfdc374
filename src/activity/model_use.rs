//! A model was used to generate images.

use super::define::activity_log;
use super::rules;

activity_log! {
    /// A model was used to generate images.
    ///
    /// ```
    /// use genledger::activity::ModelUseLog;
    ///
    /// let json = r#"{"ID":"a-1","UserId":"u-1","IsSuccess":true,"BelongUserId":"u-2",
    ///     "RecordTimeStamp":1750000000000}"#;
    /// let log: ModelUseLog = serde_json::from_str(json)?;
    /// assert!(log.is_success && log.belong_user_id == "u-2");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct ModelUseLog / NewModelUseLog as ModelUse in "model_use_logs" {
        /// Whether the use succeeded; generating images may fail.
        #[column(filter)]
        pub is_success: bool,
        /// The user who owns the model.
        #[column(max_chars = 64)]
        pub belong_user_id: String,
    }
    at record_time_stamp "When it happened."
    index(belong_user_id, record_time_stamp desc, id desc)
    needs_user: true
    rules |log, found| {
        rules::present(found, "belong_user_id", &log.belong_user_id);
    }
}
