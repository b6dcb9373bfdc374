//! Images were generated, or could not be.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::define::activity_log;
use super::{ParameterInfo, Picture, rules, stored};
use crate::contract::Violations;
use crate::contract::json::{decimal, millis};

activity_log! {
    /// Images were generated, or could not be.
    ///
    /// ```
    /// use genledger::activity::GenerateImageLog;
    ///
    /// let json = r#"{"ID":"a-1","UserId":"u-1","TaskId":"t-1",
    ///     "ParameterInfo":{"GenerateImageEnum":1,"MaterialSource":1,"Size":16,"Sum":4},
    ///     "IsSuccess":true,"PictureList":[{"Url":"https://cdn.example/1.png"}],"Amount":8,
    ///     "WaitTimeStamp":250,"StartTimeStamp":1750000000000,"RecordTimeStamp":1750000009000}"#;
    /// let log: GenerateImageLog = serde_json::from_str(json)?;
    /// assert!(log.is_partial());
    /// assert_eq!(log.run_time_ms, 9000);
    /// assert_eq!(log.parameter_info.size.pixels(), Some((768, 432)));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct GenerateImageLog / NewGenerateImageLog as GenerateImage in "generate_image_logs" {
        /// The id of the task.
        #[column(max_chars = 64, filter)]
        pub task_id: String,
        /// What was asked for.
        #[column(json, read_with = stored::parameter_info)]
        pub parameter_info: ParameterInfo,
        /// Whether there are images.
        #[column(filter)]
        pub is_success: bool,
        /// The images; empty after a failure.
        #[column(json, read_with = stored::pictures)]
        #[json(default)]
        pub picture_list: Vec<Picture>,
        /// The compute points that it took, at most 6 digits after the point.
        #[column(filter)]
        #[json(with = decimal)]
        pub amount: Decimal,
        /// How long it waited in the queue, in milliseconds: a duration.
        #[column(filter)]
        pub wait_time_stamp: i64,
        /// When it started to run.
        #[column(time = "unix_millis", filter)]
        #[json(with = millis)]
        pub start_time_stamp: DateTime<Utc>,
    }
    at record_time_stamp "When it finished or failed."
    then {
        /// Why it failed; absent after a success.
        pub reason: Option<String>,
        /// How long it ran, in milliseconds: kept by the library, so that it can be ranked. Not in
        /// JSON.
        #[column(filter)]
        #[json(computed = GenerateImageLog::run_time)]
        #[new(computed = GenerateImageLog::run_time)]
        pub run_time_ms: i64,
    }
    index(task_id)
    needs_user: true
    rules |log, found| {
        rules::present(found, "task_id", &log.task_id);
        rules::moment(found, "start_time_stamp", log.start_time_stamp);
        rules::amount(found, "amount", log.amount);
        rules::not_negative(found, "wait_time_stamp", log.wait_time_stamp);
        log.parameter_info.check(found);
        found.check(
            log.record_time_stamp < log.start_time_stamp,
            "record_time_stamp",
            "before_start",
            "must not be before the start",
        );
        found.check(
            log.picture_list.len() > log.parameter_info.asked(),
            "picture_list",
            "more_than_asked",
            "has more pictures than were asked for",
        );
        let (some, reason) = (!log.picture_list.is_empty(), log.reason.as_deref());
        if log.is_success {
            check_success(found, some, reason);
        } else {
            check_failure(found, some, reason);
        }
    }
}

fn check_success(found: &mut Violations, pictures: bool, reason: Option<&str>) {
    found.check(
        !pictures,
        "picture_list",
        "success_without_picture",
        "needs at least one picture after a success",
    );
    found.check(
        reason.is_some(),
        "reason",
        "success_with_reason",
        "must be absent after a success",
    );
}

fn check_failure(found: &mut Violations, pictures: bool, reason: Option<&str>) {
    found.check(
        pictures,
        "picture_list",
        "failure_with_picture",
        "must be empty after a failure",
    );
    found.check(
        reason.is_none_or(str::is_empty),
        "reason",
        "failure_without_reason",
        "is needed after a failure",
    );
}

impl GenerateImageLog {
    fn run_time(&self) -> i64 {
        (self.record_time_stamp - self.start_time_stamp).num_milliseconds()
    }

    /// Whether it succeeded with fewer pictures than were asked for.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.is_success && self.picture_list.len() < self.parameter_info.asked()
    }
}
