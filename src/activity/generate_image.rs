//! Images were generated, or could not be.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::log::activity;
use super::{BaseInfo, ParameterInfo, Picture, rules};
use crate::contract::{Entity, Json, New, Violations, json::decimal, json::millis};
use crate::id::ActivityId;

/// Images were generated, or could not be.
#[derive(Clone, Debug, PartialEq, Entity, Json, New)]
#[json(rename_all = "PascalCase")]
#[entity(
    table = "generate_image_logs", key(id), append_only,
    index(record_time_stamp desc, id desc), index(user_id, record_time_stamp desc, id desc)
)]
pub struct GenerateImageLog {
    /// The id, made by the client.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// The id of the task.
    #[column(max_chars = 64)]
    pub task_id: String,
    /// What was asked for.
    #[column(json)]
    pub parameter_info: ParameterInfo,
    /// Whether there are images.
    #[column(filter)]
    pub is_success: bool,
    /// The images; empty after a failure.
    #[column(json)]
    #[json(default)]
    pub picture_list: Vec<Picture>,
    /// The compute points that it took, at most 6 digits after the point.
    #[json(with = decimal)]
    pub amount: Decimal,
    /// How long it waited in the queue, in milliseconds: a duration.
    pub wait_time_stamp: i64,
    /// When it started to run.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub start_time_stamp: DateTime<Utc>,
    /// When it finished or failed.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
    /// Why it failed; absent after a success.
    pub reason: Option<String>,
    /// How long it ran, in milliseconds: kept by the library, so that it can be ranked. Not in JSON.
    #[json(computed = GenerateImageLog::run_time)]
    #[new(computed = GenerateImageLog::run_time)]
    pub run_time_ms: i64,
}

activity!(GenerateImageLog, NewGenerateImageLog, GenerateImage, record_time_stamp, needs_user: true);

impl NewGenerateImageLog {
    fn check(&self, found: &mut Violations) {
        rules::present(found, "task_id", &self.task_id);
        rules::moment(found, "start_time_stamp", self.start_time_stamp);
        rules::amount(found, "amount", self.amount);
        self.parameter_info.check(found);
        self.check_result(found);
        found.check(
            self.record_time_stamp < self.start_time_stamp,
            "record_time_stamp",
            "before_start",
            "must not be before the start",
        );
        found.check(
            self.wait_time_stamp < 0,
            "wait_time_stamp",
            "negative",
            "must not be negative",
        );
    }

    /// A success has pictures and no reason, a failure has a reason and no pictures.
    fn check_result(&self, found: &mut Violations) {
        let (pictures, reason) = (self.picture_list.len(), self.reason.is_some());
        let success = self.is_success;
        found.check(
            success && pictures == 0,
            "picture_list",
            "success_without_picture",
            "needs at least one picture after a success",
        );
        found.check(
            success && reason,
            "reason",
            "success_with_reason",
            "must be absent after a success",
        );
        found.check(
            !success && pictures > 0,
            "picture_list",
            "failure_with_picture",
            "must be empty after a failure",
        );
        found.check(
            !success && !reason,
            "reason",
            "failure_without_reason",
            "is needed after a failure",
        );
        let asked = usize::try_from(self.parameter_info.sum).unwrap_or(0);
        found.check(
            pictures > asked,
            "picture_list",
            "more_than_asked",
            "has more pictures than were asked for",
        );
    }
}

impl GenerateImageLog {
    fn run_time(&self) -> i64 {
        (self.record_time_stamp - self.start_time_stamp).num_milliseconds()
    }

    /// Whether there are pictures, but fewer than were asked for.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        let asked = usize::try_from(self.parameter_info.sum).unwrap_or(0);
        self.is_success && self.picture_list.len() < asked
    }
}
