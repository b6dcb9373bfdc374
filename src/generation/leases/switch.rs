//! Another account, site or family for a task.

use chrono::{DateTime, Utc};
use genledger_contract::query::Changes;
use genledger_contract::{Error, Result, SessionExt, Tx, Violations};

use super::finish::given_back;
use super::held::{Rows, is_current, not_after, stale, works_on};
use super::lease::Lease;
use super::plan::{Plan, Refusal};
use super::step::change_task;
use crate::generation::change::{Expected, checked, overtaken};
use crate::generation::settings::Settings;
use crate::generation::{
    AttemptOutcome, Edit, GenerationStatus, GenerationTask, Site, StampsColumns as _, SubmitState,
    TaskReady, TaskRequestColumns as _, TaskStateColumns as _,
};
use crate::id::ProviderAccountId;

/// Which account a task gets next.
///
/// ```
/// use genledger::generation::{Site, Switch};
///
/// let switch = Switch::new().to_site(Site::Jp);
/// assert_eq!((switch.want_site, switch.other_family), (Some(Site::Jp), false));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Switch {
    /// The account that is not used, if there is another.
    pub avoid: Option<ProviderAccountId>,
    /// The site; any site of the family if it is not given.
    pub want_site: Option<Site>,
    /// Whether the site may be one of the other family.
    pub other_family: bool,
}

impl Switch {
    /// Any account of the family.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Not this account, if there is another.
    #[must_use]
    pub const fn avoiding(mut self, account: ProviderAccountId) -> Self {
        self.avoid = Some(account);
        self
    }

    /// An account of this site.
    #[must_use]
    pub const fn to_site(mut self, site: Site) -> Self {
        self.want_site = Some(site);
        self
    }

    /// The site may be one of the other family.
    #[must_use]
    pub const fn to_other_family(mut self) -> Self {
        self.other_family = true;
        self
    }

    /// The changes of a task; an error if the site does not fit it.
    fn changes<T: GenerationTask>(&self, settings: &Settings, task: &T) -> Result<Changes<T>> {
        let mut changes = vec![
            T::AVOID_ACCOUNT_ID.set(self.avoid),
            T::WANT_SITE.set(self.want_site),
        ];
        let Some(site) = self.want_site else {
            return Ok(changes);
        };
        let mut found = Violations::new();
        let family = site.account_type();
        let leaves = family != Some(task.state().account_type);
        let message = "is a site of the other family";
        found.check(
            leaves && !self.other_family,
            T::WANT_SITE,
            "other_family",
            message,
        );
        let missing = !task.sites(settings.models()).contains(site);
        found.check(
            missing,
            T::WANT_SITE,
            "model_not_on_site",
            "does not offer the model",
        );
        found.into_result().map_err(Error::from)?;
        changes.extend(family.map(|family| T::ACCOUNT_TYPE.set(family)));
        Ok(changes)
    }

    fn is_done<T: GenerationTask>(&self, task: &T) -> bool {
        let (request, state) = (task.request(), task.state());
        (state.avoid_account_id, request.want_site) == (self.avoid, self.want_site)
    }
}

/// A user switches a task that has no open attempt.
pub(super) async fn switch<T: GenerationTask>(
    tx: &Tx,
    settings: &Settings,
    id: T::Id,
    edit: &Edit,
    switch: &Switch,
    now: DateTime<Utc>,
) -> Result<T> {
    let task = tx.find::<T>(&id).await?;
    let done = |row: &T| Expected {
        deleted: false,
        done: switch.is_done(row),
    };
    let task = match checked(task, edit, done)? {
        Ok(task) => task,
        Err(done) => return Ok(done),
    };
    let state = task.state();
    let waits = [TaskReady::Fresh, TaskReady::Waits].contains(&state.ready);
    let status = state.generation_status;
    if !waits
        || !matches!(
            status,
            GenerationStatus::Pending | GenerationStatus::Retrying
        )
    {
        let error = Error::invalid_transition(status, "switched");
        return Err(error.with_table(T::TABLE.name));
    }
    let mut changes = switch.changes(settings, &task)?;
    changes.push(T::UPDATE_BY.set(edit.by.clone()));
    let changed = change_task(tx, &task, T::VERSION.eq(edit.version), changes, now).await?;
    // A task that waits becomes ready without another version.
    changed.ok_or_else(|| overtaken(T::TABLE.name))
}

/// The holder gives a task back that it has not sent, for another account.
pub(super) async fn switch_lease<T: GenerationTask>(
    tx: &Tx,
    settings: &Settings,
    lease: &Lease<T::Id>,
    rows: Rows<T>,
    switch: &Switch,
    now: DateTime<Utc>,
) -> Result<Plan<T>> {
    let attempt = &rows.attempt;
    let released = attempt.seq == lease.seq && attempt.outcome == Some(AttemptOutcome::Released);
    if released && rows.task.as_ref().is_some_and(|task| switch.is_done(task)) {
        return rows.done();
    }
    let held = rows.live()?;
    if !is_current(&held.attempt, lease) {
        return Ok(Refusal::new(stale(lease, &held)).into());
    }
    if held.attempt.submit_state != SubmitState::NotSent {
        return Err(not_after::<T>(&held.attempt, SubmitState::NotSent));
    }
    works_on(tx, &held, TaskReady::No).await?;
    let mut step = given_back(&held.attempt, now);
    step.task.extend(switch.changes(settings, &held.task)?);
    Ok(held.write(step))
}
