//! Something was searched for, possibly anonymously.

use super::define::activity_log;
use super::rules;

activity_log! {
    /// Something was searched for, possibly anonymously.
    ///
    /// ```
    /// use genledger::activity::SearchLog;
    ///
    /// let json = r#"{"ID":"a-1","KeyWord":"sofa","TemporaryCode":"t-1","ResultCount":12,
    ///     "RecordTimeStamp":1750000000000}"#;
    /// let log: SearchLog = serde_json::from_str(json)?;
    /// assert_eq!((log.key_word.as_str(), log.result_count), ("sofa", 12));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct SearchLog / NewSearchLog as Search in "search_logs" {
        /// The keyword.
        #[column(max_chars = 255, filter)]
        pub key_word: String,
        /// A temporary code that ties the search to the wares which are looked at from its results.
        #[column(max_chars = 64)]
        pub temporary_code: Option<String>,
        /// How many results were shown.
        #[column(filter)]
        pub result_count: i64,
    }
    at record_time_stamp "When it happened."
    index(temporary_code, record_time_stamp)
    needs_user: false
    rules |log, found| {
        rules::present(found, "key_word", &log.key_word);
        rules::not_negative(found, "result_count", log.result_count);
    }
}
