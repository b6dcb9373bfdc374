//! The entity `GenerateImageLog`: its columns and rules.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Activity, BaseInfo, ImageTaskKind, ParameterInfo, Picture, rules, stored_json};
use crate::contract::json::{decimal, millis};
use crate::contract::{Entity, JsonRecord, New, Violations};
use crate::id::ActivityId;
use crate::validate::Validate;

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
#[derive(Clone, Debug, PartialEq, Entity, JsonRecord, New, Activity)]
#[entity(
    table = "generate_image_logs",
    key(id),
    append_only,
    index(record_time_stamp desc, id desc),
    index(user_id, record_time_stamp desc, id desc),
    index(task_id)
)]
#[json(rename_all = "PascalCase")]
#[activity(kind = GenerateImage, time = record_time_stamp, needs_user)]
pub struct GenerateImageLog {
    /// The id, made by the client; opaque.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// The id of the task.
    #[column(max_chars = 64, filter)]
    pub task_id: String,
    /// What was asked for.
    #[column(json, read_with = stored_json::parameter_info)]
    pub parameter_info: ParameterInfo,
    /// Whether there are images.
    #[column(filter)]
    pub is_success: bool,
    /// The images; empty after a failure.
    #[column(json, read_with = stored_json::pictures)]
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
    /// When it finished or failed.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
    /// Why it failed; absent after a success.
    pub reason: Option<String>,
    /// How long it ran, in milliseconds: kept by the library, so that it can be ranked. Not in
    /// JSON.
    #[column(filter)]
    #[json(computed = GenerateImageLog::run_time)]
    pub run_time_ms: i64,
    /// The kind of task, that of `ParameterInfo`: kept by the library, so that tasks can be counted by it.
    /// Not in JSON.
    #[column(filter, default = 0)]
    #[json(computed = GenerateImageLog::kind_of_task)]
    pub task_kind: ImageTaskKind,
}

/// Beside the [rules of every log](super#rules):
///
/// | rule | where |
/// |---|---|
/// | `required` | `TaskId` is empty |
/// | `seconds_not_milliseconds` | `StartTimeStamp` is before 1973 |
/// | `negative` | `Amount`, `WaitTimeStamp` |
/// | `unrecognized_code`, `out_of_range`, `material_without_source`, `source_without_material` | inside of `ParameterInfo`: a code that is not known, less than one image, material and its address that contradict each other |
/// | `not_computed` | `run_time_ms` is not the time from the start to the end, `task_kind` not the kind in `ParameterInfo` |
/// | `before_start` | `RecordTimeStamp` is before the start |
/// | `more_than_asked` | `PictureList` has more pictures than `ParameterInfo.Sum` |
/// | `success_without_picture`, `success_with_reason` | `PictureList`, `Reason` after a success |
/// | `failure_with_picture`, `failure_without_reason` | `PictureList`, `Reason` after a failure |
impl Validate for GenerateImageLog {
    fn violations(&self) -> Violations {
        let mut found = rules::common(self);
        rules::present(&mut found, Self::TASK_ID, &self.task_id);
        rules::moment(&mut found, Self::START_TIME_STAMP, self.start_time_stamp);
        rules::not_negative(&mut found, Self::AMOUNT, self.amount);
        rules::not_negative(&mut found, Self::WAIT_TIME_STAMP, self.wait_time_stamp);
        self.parameter_info.check(&mut found);
        found.check(
            self.run_time_ms != self.run_time(),
            Self::RUN_TIME_MS,
            "not_computed",
            "must be the milliseconds from the start to the end",
        );
        found.check(
            self.task_kind != self.parameter_info.kind,
            Self::TASK_KIND,
            "not_computed",
            "must be the kind of `ParameterInfo`",
        );
        found.check(
            self.record_time_stamp < self.start_time_stamp,
            Self::RECORD_TIME_STAMP,
            "before_start",
            "must not be before the start",
        );
        found.check(
            self.picture_list.len() > self.parameter_info.asked(),
            Self::PICTURE_LIST,
            "more_than_asked",
            "has more pictures than were requested",
        );
        let (none, reason) = (self.picture_list.is_empty(), self.reason.as_deref());
        found.check(
            self.is_success && none,
            Self::PICTURE_LIST,
            "success_without_picture",
            "needs at least one picture after a success",
        );
        found.check(
            self.is_success && reason.is_some(),
            Self::REASON,
            "success_with_reason",
            "must be absent after a success",
        );
        found.check(
            !self.is_success && !none,
            Self::PICTURE_LIST,
            "failure_with_picture",
            "must be empty after a failure",
        );
        found.check(
            !self.is_success && reason.is_none_or(str::is_empty),
            Self::REASON,
            "failure_without_reason",
            "is required after a failure",
        );
        found
    }
}

impl GenerateImageLog {
    fn run_time(&self) -> i64 {
        (self.record_time_stamp - self.start_time_stamp).num_milliseconds()
    }

    const fn kind_of_task(&self) -> ImageTaskKind {
        self.parameter_info.kind
    }

    /// Whether it succeeded with fewer pictures than were requested.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.is_success && self.picture_list.len() < self.parameter_info.asked()
    }
}
