//! The filters of Midjourney tasks, for administrators and for users.

use chrono::{DateTime, Utc};
use genledger_contract::Filter;
use serde::{Deserialize, Serialize};

use super::{MidjourneyAction, MidjourneyStatus, MidjourneyTask};
use crate::json::value_free_json;
use crate::setters::setters;
use crate::shows_no_operand::shows_no_operand;
use crate::time::optional;

/// A filter of tasks for administrators: every condition that is set must hold.
///
/// | conditions | cost |
/// |---|---|
/// | one of user, `mj_id`, status | reads the rows that it selects, through an index |
/// | `from`, `before` alone | reads the rows of that time, through an index |
/// | everything else: channel, action, most of [`and`](Self::and) | is checked for each row that the conditions above leave |
///
/// Times are those of the submission. In JSON the members have the names of the fields, and each may be missing;
/// times are unix milliseconds. Other members are ignored. Conditions that were joined with [`and`](Self::and) are not
/// part of it. `Debug` shows which conditions are set, and not what they compare with.
///
/// ```
/// use genledger::midjourney::{MidjourneyStatus, MidjourneyTask, MidjourneyTaskFilter};
///
/// let filter = MidjourneyTaskFilter::new()
///     .channel_id(12)
///     .status(MidjourneyStatus::Failure)
///     .from("2025-06-01T00:00:00Z".parse()?)
///     .and(MidjourneyTask::QUOTA.ge(10_000));
/// # let _ = filter;
///
/// let filter: MidjourneyTaskFilter = serde_json::from_str(r#"{"mj_id":"132","from":1748736000000}"#)?;
/// assert_eq!(filter.mj_id.as_deref(), Some("132"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", default)]
#[non_exhaustive]
pub struct MidjourneyTaskFilter {
    /// Submitted at or after this time.
    #[serde(with = "optional::unix_millis")]
    pub from: Option<DateTime<Utc>>,
    /// Submitted before this time, which is not included.
    #[serde(with = "optional::unix_millis")]
    pub before: Option<DateTime<Utc>>,
    /// The user.
    pub user_id: Option<i64>,
    /// The channel.
    pub channel_id: Option<i64>,
    /// The id of the task at upstream.
    pub mj_id: Option<String>,
    /// What the task does.
    pub action: Option<MidjourneyAction>,
    /// The status.
    pub status: Option<MidjourneyStatus>,
    /// Further conditions.
    #[serde(skip)]
    pub further: Option<Filter<MidjourneyTask>>,
}

value_free_json!(MidjourneyTaskFilter);

shows_no_operand!(MidjourneyTaskFilter {
    from,
    before,
    user_id,
    channel_id,
    mj_id,
    action,
    status,
    further,
});

impl MidjourneyTaskFilter {
    /// All tasks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Submitted at or after this time.
        from: value DateTime<Utc>;
        /// Submitted before this time, which is not included.
        before: value DateTime<Utc>;
        /// Of this user.
        user_id: value i64;
        /// Of this channel.
        channel_id: value i64;
        /// With this id at upstream.
        mj_id: text String;
        /// That do this.
        action: text MidjourneyAction;
        /// With this status.
        status: text MidjourneyStatus;
        /// Also with this condition, on any columns that filters may use.
        and: condition Filter<MidjourneyTask>;
    }

    /// The condition on the rows, to be joined with others.
    #[must_use]
    pub fn condition(&self) -> Filter<MidjourneyTask> {
        let mj_id = self.mj_id.as_deref();
        Filter::all()
            .and_maybe(self.from.map(|time| MidjourneyTask::SUBMIT_TIME.ge(time)))
            .and_maybe(self.before.map(|time| MidjourneyTask::SUBMIT_TIME.lt(time)))
            .and_maybe(self.user_id.map(|id| MidjourneyTask::USER_ID.eq(id)))
            .and_maybe(self.channel_id.map(|id| MidjourneyTask::CHANNEL_ID.eq(id)))
            .and_maybe(mj_id.map(|id| MidjourneyTask::MJ_ID.eq(id)))
            .and_maybe(
                self.action
                    .as_ref()
                    .map(|action| MidjourneyTask::ACTION.eq(action)),
            )
            .and_maybe(
                self.status
                    .as_ref()
                    .map(|status| MidjourneyTask::STATUS.eq(status)),
            )
            .and_maybe(self.further.clone())
    }
}

/// A filter of a user's own tasks: the conditions of [`MidjourneyTaskFilter`] without the user and the channel, which
/// users neither choose nor see.
///
/// JSON and `Debug` are those of [`MidjourneyTaskFilter`].
///
/// ```
/// use genledger::midjourney::{MidjourneyAction, UserMidjourneyTaskFilter};
///
/// let videos = UserMidjourneyTaskFilter::new().action(MidjourneyAction::Video);
/// # let _ = videos;
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", default)]
#[non_exhaustive]
pub struct UserMidjourneyTaskFilter {
    /// Submitted at or after this time.
    #[serde(with = "optional::unix_millis")]
    pub from: Option<DateTime<Utc>>,
    /// Submitted before this time, which is not included.
    #[serde(with = "optional::unix_millis")]
    pub before: Option<DateTime<Utc>>,
    /// The id of the task at upstream.
    pub mj_id: Option<String>,
    /// What the task does.
    pub action: Option<MidjourneyAction>,
    /// The status.
    pub status: Option<MidjourneyStatus>,
    /// Further conditions.
    #[serde(skip)]
    pub further: Option<Filter<MidjourneyTask>>,
}

value_free_json!(UserMidjourneyTaskFilter);

shows_no_operand!(UserMidjourneyTaskFilter {
    from,
    before,
    mj_id,
    action,
    status,
    further,
});

impl UserMidjourneyTaskFilter {
    /// All of the user's tasks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Submitted at or after this time.
        from: value DateTime<Utc>;
        /// Submitted before this time, which is not included.
        before: value DateTime<Utc>;
        /// With this id at upstream.
        mj_id: text String;
        /// That do this.
        action: text MidjourneyAction;
        /// With this status.
        status: text MidjourneyStatus;
        /// Also with this condition, which the service sets and not the user: it may use columns that
        /// users do not see.
        and: condition Filter<MidjourneyTask>;
    }

    /// The condition on the rows: always of this user only.
    #[must_use]
    pub fn condition(&self, user_id: i64) -> Filter<MidjourneyTask> {
        let filter = MidjourneyTaskFilter {
            from: self.from,
            before: self.before,
            user_id: Some(user_id),
            channel_id: None,
            mj_id: self.mj_id.clone(),
            action: self.action.clone(),
            status: self.status.clone(),
            further: self.further.clone(),
        };
        filter.condition()
    }
}
