//! A ware was put among the favourites.

use super::define::activity_log;
use super::rules;

activity_log! {
    /// A ware was put among the favourites.
    ///
    /// ```
    /// use genledger::activity::WaresCollectionLog;
    ///
    /// let json = r#"{"ID":"a-1","UserId":"u-1","StoreId":"s-1","RecordTimeStamp":1750000000000}"#;
    /// let log: WaresCollectionLog = serde_json::from_str(json)?;
    /// assert_eq!(log.store_id, "s-1");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct WaresCollectionLog / NewWaresCollectionLog as WaresCollection in "wares_collection_logs" {
        /// The store that sells the ware.
        #[column(max_chars = 64)]
        pub store_id: String,
    }
    at record_time_stamp "When it happened."
    index(store_id, record_time_stamp desc, id desc)
    needs_user: true
    rules |log, found| {
        rules::present(found, "store_id", &log.store_id);
    }
}
