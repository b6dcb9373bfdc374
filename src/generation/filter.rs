//! The filter of tasks, images or videos.

use chrono::{DateTime, Utc};
use genledger_contract::Filter;
use serde::{Deserialize, Serialize};

use super::{
    GenerationStatus, GenerationTask, StampsColumns as _, TaskRequestColumns as _,
    TaskStateColumns as _,
};
use crate::id::ProviderAccountId;
use crate::json::value_free_json;
use crate::setters::setters;
use crate::shows_no_operand::shows_no_operand;

/// Which tasks are listed: every condition that is set must hold, and deleted tasks are left out unless
/// [`deleted`](Self::deleted) is set.
///
/// | conditions | cost |
/// |---|---|
/// | one of project, work, account, status | reads the rows that it selects, through an index |
/// | everything else: storyboard without a project, times alone, most of [`and`](Self::and) | is checked for each row that the conditions above leave |
///
/// Times are those of the creation. In JSON the members have the names of the fields, and each may be missing; times
/// are unix milliseconds. Other members are ignored. Conditions that were joined with [`and`](Self::and) are not part of
/// it. `Debug` shows which conditions are set, and not what they compare with.
///
/// ```
/// use genledger::generation::{GenerationStatus, GenerationTaskFilter, ImageTask};
///
/// let filter = GenerationTaskFilter::new()
///     .project_id("project-1")
///     .status(GenerationStatus::Failed)
///     .and(ImageTask::MODEL.eq("jimeng-4.5"));
/// # let _ = filter;
///
/// let filter: GenerationTaskFilter<ImageTask> = serde_json::from_str(r#"{"work_id":"w","status":3}"#)?;
/// assert_eq!(filter.status, Some(GenerationStatus::Failed));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(remote = "Self", default, bound = "")]
#[non_exhaustive]
pub struct GenerationTaskFilter<T> {
    /// Created at or after this time.
    #[serde(with = "crate::time::optional::unix_millis")]
    pub from: Option<DateTime<Utc>>,
    /// Created before this time, which is not included.
    #[serde(with = "crate::time::optional::unix_millis")]
    pub before: Option<DateTime<Utc>>,
    /// Of this project.
    pub project_id: Option<String>,
    /// Of this storyboard.
    pub storyboard_id: Option<String>,
    /// Of this work.
    pub work_id: Option<String>,
    /// Whose latest attempt is on this account.
    pub account_id: Option<ProviderAccountId>,
    /// With this status.
    pub status: Option<GenerationStatus>,
    /// Only deleted tasks, if true; otherwise only those that are not.
    pub deleted: Option<bool>,
    /// Further conditions.
    #[serde(skip)]
    pub further: Option<Filter<T>>,
}

value_free_json!(GenerationTaskFilter<T>);

shows_no_operand!(GenerationTaskFilter<T> {
    from,
    before,
    project_id,
    storyboard_id,
    work_id,
    account_id,
    status,
    deleted,
    further,
});

impl<T> Clone for GenerationTaskFilter<T> {
    fn clone(&self) -> Self {
        Self {
            from: self.from,
            before: self.before,
            project_id: self.project_id.clone(),
            storyboard_id: self.storyboard_id.clone(),
            work_id: self.work_id.clone(),
            account_id: self.account_id,
            status: self.status,
            deleted: self.deleted,
            further: self.further.clone(),
        }
    }
}

impl<T> Default for GenerationTaskFilter<T> {
    fn default() -> Self {
        Self {
            from: None,
            before: None,
            project_id: None,
            storyboard_id: None,
            work_id: None,
            account_id: None,
            status: None,
            deleted: None,
            further: None,
        }
    }
}

impl<T> PartialEq for GenerationTaskFilter<T> {
    fn eq(&self, other: &Self) -> bool {
        let texts = |filter: &Self| {
            let (project, board) = (filter.project_id.clone(), filter.storyboard_id.clone());
            (project, board, filter.work_id.clone())
        };
        let others = |filter: &Self| {
            let (times, deleted) = ((filter.from, filter.before), filter.deleted);
            (times, filter.account_id, filter.status, deleted)
        };
        texts(self) == texts(other)
            && others(self) == others(other)
            && self.further == other.further
    }
}

impl<T> GenerationTaskFilter<T> {
    /// All tasks that are not deleted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Created at or after this time.
        from: value DateTime<Utc>;
        /// Created before this time, which is not included.
        before: value DateTime<Utc>;
        /// Of this project.
        project_id: text String;
        /// Of this storyboard.
        storyboard_id: text String;
        /// Of this work.
        work_id: text String;
        /// Whose latest attempt is on this account.
        account_id: value ProviderAccountId;
        /// With this status.
        status: value GenerationStatus;
        /// Only deleted tasks, if true; otherwise only those that are not.
        deleted: value bool;
        /// Also with this condition, on any columns that filters may use.
        and: condition Filter<T>;
    }
}

impl<T: GenerationTask> GenerationTaskFilter<T> {
    /// The condition on the rows, to be joined with others.
    #[must_use]
    pub fn condition(&self) -> Filter<T> {
        let project = self.project_id.as_deref();
        let board = self.storyboard_id.as_deref();
        T::IS_DELETED
            .eq(self.deleted.unwrap_or_default())
            .and_maybe(self.from.map(|time| T::CREATE_TIME.ge(time)))
            .and_maybe(self.before.map(|time| T::CREATE_TIME.lt(time)))
            .and_maybe(project.map(|id| T::PROJECT_ID.eq(id)))
            .and_maybe(board.map(|id| T::STORYBOARD_ID.eq(id)))
            .and_maybe(self.work_id.as_deref().map(|id| T::WORK_ID.eq(id)))
            .and_maybe(self.account_id.map(|id| T::JIMENG_ACCOUNTS_ID.eq(id)))
            .and_maybe(self.status.map(|status| T::GENERATION_STATUS.eq(status)))
            .and_maybe(self.further.clone())
    }
}
