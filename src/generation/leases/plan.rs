//! What a verb of a holder is about to do, decided from the rows that were read.

use chrono::{DateTime, Utc};
use genledger_contract::{Error, Result};

use super::evidence::Evidence;
use super::held::{Held, Rows, not_found};
use super::lease::Lease;
use super::orphan;
use super::step::Step;
use crate::generation::{GenerationAttempt, GenerationTask};

/// The reply to a verb.
pub(in crate::generation) struct Reply<T> {
    /// The task as it is afterwards.
    pub(in crate::generation) task: T,
    /// When the lease expires, if the verb has extended it.
    pub(super) expires_at: Option<DateTime<Utc>>,
}

impl<T> Reply<T> {
    /// The lease as it is afterwards.
    pub(in crate::generation) fn extended<I: Clone>(&self, lease: &Lease<I>) -> Lease<I> {
        let mut lease = lease.clone();
        lease.expires_at = self.expires_at.unwrap_or(lease.expires_at);
        lease
    }
}

impl<T> From<T> for Reply<T> {
    fn from(task: T) -> Self {
        let expires_at = None;
        Self { task, expires_at }
    }
}

/// What a verb is about to do.
pub(super) enum Plan<T> {
    /// Nothing: it is a repetition.
    Done(Reply<T>),
    /// The lease does not allow it.
    Refused(Refusal),
    /// These changes.
    Write {
        held: Held<T>,
        step: Step<T>,
        expires_at: Option<DateTime<Utc>>,
    },
}

/// Why a verb was refused, and what is done nevertheless.
pub(super) struct Refusal {
    pub(super) error: Error,
    /// What it reported, which is kept.
    pub(super) evidence: Option<Evidence>,
    /// The attempt, if it has an outcome, and its slot is free now.
    pub(super) freed: Option<GenerationAttempt>,
}

impl Refusal {
    pub(super) const fn new(error: Error) -> Self {
        Self {
            error,
            evidence: None,
            freed: None,
        }
    }

    pub(super) fn with_evidence(mut self, evidence: Evidence) -> Self {
        self.evidence = Some(evidence);
        self
    }

    /// The provider has finished, so that the slot of an attempt with an outcome is free.
    pub(super) fn freeing(mut self, attempt: &GenerationAttempt) -> Self {
        self.freed = orphan::is_orphan(attempt).then(|| attempt.clone());
        self
    }
}

impl<T> From<Refusal> for Plan<T> {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<T> Held<T> {
    /// The plan to write a step.
    pub(super) const fn write(self, step: Step<T>) -> Plan<T> {
        Plan::Write {
            held: self,
            step,
            expires_at: None,
        }
    }
}

impl<T: GenerationTask> Rows<T> {
    /// A repetition, which returns the task as it is today.
    pub(super) fn done(self) -> Result<Plan<T>> {
        let task = self.task.ok_or_else(not_found::<T>)?;
        Ok(Plan::Done(task.into()))
    }
}
