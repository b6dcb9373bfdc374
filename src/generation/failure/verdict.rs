//! What a class of failures decides about the task, the media and the account: the table.

use chrono::TimeDelta;

use crate::generation::{ErrorClass, MediaEffect, SubmitState};

/// What becomes of a task after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskVerdict {
    /// It fails.
    Final,
    /// It is submitted again, as long as retries are left: [`RetryState::retry`](crate::generation::RetryState::retry).
    Retry,
    /// It is submitted on another account: [`RetryState::hop`](crate::generation::RetryState::hop).
    Hop {
        /// The wait before; not negative.
        wait: TimeDelta,
    },
    /// The provider may have accepted it: a decision is required.
    SubmitUnknown,
    /// The provider works on it, and the failure does not concern it: it is polled again on the same account.
    Park {
        /// The wait before; not negative.
        wait: TimeDelta,
    },
}

/// What a failure shows about an account as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AccountEffect {
    /// Nothing.
    #[default]
    None,
    /// Its session is not valid: it becomes inactive, unless it is banned.
    Deactivate,
    /// It is banned.
    Ban,
}

/// What a failure decides.
///
/// ```
/// use genledger::generation::{AccountEffect, ErrorClass, MediaEffect, SubmitState, TaskVerdict, Verdict};
///
/// let verdict = Verdict::standard(ErrorClass::Quota, SubmitState::Sent);
/// assert!(matches!(verdict.task, TaskVerdict::Hop { .. }));
/// assert_eq!((verdict.media, verdict.account), (MediaEffect::Exhausted, AccountEffect::None));
///
/// // A request without a reply is never sent again automatically.
/// let verdict = Verdict::standard(ErrorClass::Timeout, SubmitState::Sent);
/// assert_eq!(verdict.task, TaskVerdict::SubmitUnknown);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// About the task.
    pub task: TaskVerdict,
    /// About the media of the account.
    pub media: MediaEffect,
    /// About the account.
    pub account: AccountEffect,
    /// Whether the failure shows that the account can generate: a probe succeeds.
    pub passes_probe: bool,
}

/// The wait between two accounts after the provider has distrusted one.
const APART: TimeDelta = TimeDelta::seconds(30);

impl Verdict {
    /// The rules of the library.
    ///
    /// An attempt that waits for a decision ([`SubmitState::Unknown`]) keeps waiting for it.
    #[must_use]
    pub const fn standard(class: ErrorClass, state: SubmitState) -> Self {
        let task = match state {
            SubmitState::NotSent => not_sent(class),
            SubmitState::Sent => sent(class),
            SubmitState::Accepted => accepted(class),
            SubmitState::Unknown | SubmitState::Unrecognized(_) => TaskVerdict::SubmitUnknown,
        };
        let media = match class {
            ErrorClass::RateLimit => MediaEffect::RateLimited,
            ErrorClass::RiskControl => MediaEffect::Distrusted,
            ErrorClass::Quota => MediaEffect::Exhausted,
            _ => MediaEffect::None,
        };
        let account = match class {
            ErrorClass::Auth => AccountEffect::Deactivate,
            ErrorClass::AccountBlocked => AccountEffect::Ban,
            _ => AccountEffect::None,
        };
        let passes_probe = matches!(
            class,
            ErrorClass::ContentRisk | ErrorClass::Validation | ErrorClass::GenerationFailed
        );
        Self {
            task,
            media,
            account,
            passes_probe,
        }
    }
}

/// Nothing was sent: what may not happen again is retried.
const fn not_sent(class: ErrorClass) -> TaskVerdict {
    match class {
        ErrorClass::Transport | ErrorClass::Timeout => TaskVerdict::Retry,
        _ => sent(class),
    }
}

/// The request may have been sent: without a reply, the provider may have accepted it.
const fn sent(class: ErrorClass) -> TaskVerdict {
    match class {
        ErrorClass::ContentRisk
        | ErrorClass::Validation
        | ErrorClass::Config
        | ErrorClass::Unknown => TaskVerdict::Final,
        ErrorClass::GenerationFailed | ErrorClass::Concurrency => TaskVerdict::Retry,
        ErrorClass::Transport | ErrorClass::Timeout => TaskVerdict::SubmitUnknown,
        ErrorClass::RiskControl => TaskVerdict::Hop { wait: APART },
        ErrorClass::RateLimit
        | ErrorClass::Quota
        | ErrorClass::Auth
        | ErrorClass::AccountBlocked => TaskVerdict::Hop {
            wait: TimeDelta::zero(),
        },
    }
}

/// The provider has accepted it: failures of polling do not concern it.
const fn accepted(class: ErrorClass) -> TaskVerdict {
    match class {
        ErrorClass::GenerationFailed
        | ErrorClass::ContentRisk
        | ErrorClass::Validation
        | ErrorClass::Quota
        | ErrorClass::AccountBlocked
        | ErrorClass::Unknown => sent(class),
        ErrorClass::Config
        | ErrorClass::Concurrency
        | ErrorClass::Transport
        | ErrorClass::Timeout
        | ErrorClass::RateLimit
        | ErrorClass::RiskControl
        | ErrorClass::Auth => TaskVerdict::Park { wait: APART },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of the table: task in the states not sent, sent and accepted, media, account, probe.
    fn row(class: ErrorClass) -> String {
        let task = |state| match Verdict::standard(class, state).task {
            TaskVerdict::Final => "final".to_owned(),
            TaskVerdict::Retry => "retry".to_owned(),
            TaskVerdict::Hop { wait } => format!("hop+{}", wait.num_seconds()),
            TaskVerdict::SubmitUnknown => "unknown".to_owned(),
            TaskVerdict::Park { wait } => format!("park+{}", wait.num_seconds()),
        };
        let verdict = Verdict::standard(class, SubmitState::NotSent);
        for state in [
            SubmitState::Sent,
            SubmitState::Accepted,
            SubmitState::Unknown,
        ] {
            let other = Verdict::standard(class, state);
            assert_eq!(
                Verdict {
                    task: verdict.task,
                    ..other
                },
                verdict
            );
        }
        for state in [SubmitState::Unknown, SubmitState::from_code(9)] {
            assert_eq!(task(state), "unknown");
        }
        format!(
            "{class} | {} {} {} | {:?} {:?} | {}",
            task(SubmitState::NotSent),
            task(SubmitState::Sent),
            task(SubmitState::Accepted),
            verdict.media,
            verdict.account,
            if verdict.passes_probe { "passes" } else { "-" },
        )
    }

    #[test]
    fn the_table_of_the_library() {
        assert_eq!(
            ErrorClass::ALL.map(row),
            [
                "content_risk | final final final | None None | passes",
                "validation | final final final | None None | passes",
                "auth | hop+0 hop+0 park+30 | None Deactivate | -",
                "account_blocked | hop+0 hop+0 hop+0 | None Ban | -",
                "quota | hop+0 hop+0 hop+0 | Exhausted None | -",
                "rate_limit | hop+0 hop+0 park+30 | RateLimited None | -",
                "concurrency | retry retry park+30 | None None | -",
                "risk_control | hop+30 hop+30 park+30 | Distrusted None | -",
                "transport | retry unknown park+30 | None None | -",
                "timeout | retry unknown park+30 | None None | -",
                "generation_failed | retry retry retry | None None | passes",
                "config | final final park+30 | None None | -",
                "unknown | final final final | None None | -",
            ]
        );
    }
}
