//! What failures mean: codes, classes, and what a class decides.

mod code;
mod remote;
mod verdict;

use std::fmt::Debug;

use super::{ErrorClass, SubmitState};

pub use code::FailureCode;
pub use remote::RemoteStatus;
pub use verdict::{AccountEffect, TaskVerdict, Verdict};

/// What the failures of a provider mean. The methods have the rules of the library as their default, and a service
/// overrides what it knows better.
///
/// Once a request may have been sent ([`SubmitState::Sent`]), a verdict of [`TaskVerdict::Retry`] or
/// [`TaskVerdict::Hop`] submits it again: return them only for failures that prove that the provider has not
/// accepted it.
///
/// ```
/// use genledger::chrono::TimeDelta;
/// use genledger::generation::{
///     ErrorClass, FailureCode, FailurePolicy, StandardFailures, SubmitState, TaskVerdict, Verdict,
/// };
///
/// /// A service that has learned what a code means, and that waits longer for another account.
/// #[derive(Debug)]
/// struct Ours;
///
/// impl FailurePolicy for Ours {
///     fn class(&self, code: &FailureCode) -> ErrorClass {
///         match code.as_str() {
///             "ret:1180" => ErrorClass::RiskControl,
///             _ => code.class(),
///         }
///     }
///
///     fn verdict(&self, class: ErrorClass, state: SubmitState) -> Verdict {
///         let standard = Verdict::standard(class, state);
///         match standard.task {
///             TaskVerdict::Hop { .. } => Verdict { task: TaskVerdict::Hop { wait: TimeDelta::minutes(2) }, ..standard },
///             _ => standard,
///         }
///     }
/// }
///
/// let policies: [&dyn FailurePolicy; 2] = [&StandardFailures, &Ours];
/// let [standard, ours] = policies.map(|policy| policy.judge(&FailureCode::ret(1180), SubmitState::Sent));
/// assert_eq!(standard.task, TaskVerdict::Final);
/// assert_eq!(ours.task, TaskVerdict::Hop { wait: TimeDelta::minutes(2) });
/// ```
pub trait FailurePolicy: Debug + Send + Sync {
    /// The class of a code.
    fn class(&self, code: &FailureCode) -> ErrorClass {
        code.class()
    }

    /// What a failure of a class decides when the attempt is in a submit state.
    fn verdict(&self, class: ErrorClass, state: SubmitState) -> Verdict {
        Verdict::standard(class, state)
    }

    /// What a failure with a code decides when the attempt is in a submit state.
    fn judge(&self, code: &FailureCode, state: SubmitState) -> Verdict {
        self.verdict(self.class(code), state)
    }
}

/// The rules of the library.
///
/// ```
/// use genledger::generation::{ErrorClass, FailureCode, FailurePolicy, StandardFailures};
///
/// assert_eq!(StandardFailures.class(&FailureCode::fail(2038)), ErrorClass::ContentRisk);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StandardFailures;

impl FailurePolicy for StandardFailures {}
