//! A ware was looked at, possibly anonymously.

use super::define::activity_log;

activity_log! {
    /// A ware was looked at, possibly anonymously.
    ///
    /// ```
    /// use genledger::activity::WaresBrowseLog;
    ///
    /// let json = r#"{"ID":"a-1","TemporaryCode":"t-1","RecordTimeStamp":1750000000000}"#;
    /// let log: WaresBrowseLog = serde_json::from_str(json)?;
    /// assert_eq!(log.base.user_id, None);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct WaresBrowseLog / NewWaresBrowseLog as WaresBrowse in "wares_browse_logs" {
        /// The temporary code of the search that the look came from.
        #[column(max_chars = 64)]
        pub temporary_code: Option<String>,
    }
    at record_time_stamp "When it happened."
    index(temporary_code, record_time_stamp)
    needs_user: false
}
