//! A model was trained, published, listed or moved.

use super::define::activity_log;
use super::{ModelOperation, rules};

activity_log! {
    /// A model was trained, published, listed or moved.
    ///
    /// ```
    /// use genledger::activity::{ModelOperateLog, ModelOperation};
    ///
    /// let json = r#"{"ID":"a-1","UserId":"u-1","OperateType":4,"RecordTimeStamp":1750000000000}"#;
    /// let log: ModelOperateLog = serde_json::from_str(json)?;
    /// assert_eq!(log.operate_type, ModelOperation::PublishToModelPlaza);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct ModelOperateLog / NewModelOperateLog as ModelOperate in "model_operate_logs" {
        /// What was done.
        #[column(filter)]
        pub operate_type: ModelOperation,
    }
    at record_time_stamp "When it happened."
    needs_user: true
    rules |log, found| {
        rules::known(found, "operate_type", &log.operate_type);
    }
}
