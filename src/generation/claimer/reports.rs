//! Reports of holders, committed in groups.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use genledger_contract::{Error, ErrorKind, Result};
use tokio::time::sleep;

use super::Shared;
use crate::generation::GenerationTask;
use crate::generation::leases::{Lease, Reply, Verb, rounds};
use crate::group_commit::GroupWork;

/// How often a group is repeated whose outcome is not known or that others have overtaken, and the wait before it, which
/// doubles.
const REPETITIONS: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(20);

/// What a holder reports.
pub(super) struct Report<T: GenerationTask> {
    pub(super) lease: Lease<T::Id>,
    pub(super) verb: Verb,
}

pub(super) struct Reports<T: GenerationTask>(pub(super) Arc<Shared<T>>);

#[async_trait]
impl<T: GenerationTask> GroupWork for Reports<T> {
    type Request = Report<T>;
    type Reply = Reply<T>;

    async fn run(&self, requests: &[Self::Request]) -> Result<Vec<Result<Self::Reply>>> {
        let tasks: Vec<T::Id> = requests.iter().map(|report| report.lease.task_id).collect();
        let mut replies: Vec<Option<Result<Reply<T>>>> = Vec::new();
        replies.resize_with(requests.len(), || None);
        for round in rounds(&tasks) {
            let verbs = round.iter().map(|index| {
                let report = &requests[*index];
                (&report.lease, &report.verb)
            });
            let verbs: Vec<_> = verbs.collect();
            let done = self.report(&verbs).await?;
            for (index, reply) in round.into_iter().zip(done) {
                replies[index] = Some(reply);
            }
        }
        if requests.iter().any(|report| report.verb.frees()) {
            self.0.line.freed();
        }
        let missing = || Err(Error::corrupt("a report without a reply"));
        Ok(replies
            .into_iter()
            .map(|reply| reply.unwrap_or_else(missing))
            .collect())
    }

    async fn give_up(&self, requests: &[Self::Request]) -> Vec<Result<Self::Reply>> {
        let message = "the runtime ended before the report was committed";
        let error = || Err(Error::new(ErrorKind::OutcomeUnknown, message));
        requests.iter().map(|_| error()).collect()
    }

    fn failed(&self, request: Self::Request, error: Error) {
        let verb = request.verb.name();
        tracing::warn!(%error, verb, "a report failed whose caller does not wait for it");
    }
}

impl<T: GenerationTask> Reports<T> {
    /// One transaction. A repetition is recognised verb by verb, so an unknown outcome is not one for the caller.
    async fn report(&self, verbs: &[(&Lease<T::Id>, &Verb)]) -> Result<Vec<Result<Reply<T>>>> {
        let mut repetitions = 0;
        loop {
            let now = self.0.now().await?;
            match self.0.leases.report_all(verbs, now).await {
                Err(error) if repeats(&error) && repetitions < REPETITIONS => {
                    sleep(FIRST_WAIT * (1 << repetitions)).await;
                    repetitions += 1;
                }
                done => return done,
            }
        }
    }
}

fn repeats(error: &Error) -> bool {
    error.kind() == ErrorKind::OutcomeUnknown || error.is_retryable()
}
