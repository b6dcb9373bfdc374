//! What a holder reports: a result, or a failure.

use chrono::TimeDelta;
use genledger_contract::{Error, Result, Violations};
use serde::Serialize;

use crate::generation::{FailureCode, SplitMix64, TextList};
use crate::json::JsonObject;

/// The result of a task: URLs, local paths, or both.
///
/// ```
/// use genledger::generation::GenerationResult;
///
/// let result = GenerationResult::urls(["https://cdn.example/1.png"]).local_paths(["/media/1.png"]);
/// assert_eq!(result.urls.items().len(), 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GenerationResult {
    /// The URLs of the media.
    pub urls: TextList,
    /// The paths of the media that the service has stored.
    pub local_paths: TextList,
}

impl GenerationResult {
    /// A result with these URLs.
    #[must_use]
    pub fn urls(urls: impl Into<TextList>) -> Self {
        let urls = urls.into();
        Self {
            urls,
            ..Self::default()
        }
    }

    /// The paths of the media that the service has stored.
    #[must_use]
    pub fn local_paths(mut self, paths: impl Into<TextList>) -> Self {
        self.local_paths = paths.into();
        self
    }

    /// A result as its attempt keeps it when the task is generated again.
    pub(super) fn kept(urls: &TextList, paths: &TextList) -> JsonObject {
        #[derive(Serialize)]
        struct Kept<'a> {
            urls: &'a TextList,
            paths: &'a TextList,
        }
        let text = serde_json::to_string(&Kept { urls, paths });
        // Lists of texts, and stored JSON as text where it is none: both can be written.
        JsonObject::from_text(text.unwrap_or_default())
    }

    pub(super) fn check(&self) -> Result<()> {
        let mut found = Violations::new();
        let lists = [("urls", &self.urls), ("local_paths", &self.local_paths)];
        let empty = lists.iter().all(|(_, list)| list.is_empty());
        found.check(empty, "urls", "required", "or local paths are required");
        for (name, list) in lists {
            list.check(&mut found, name);
            let nul = list.items().iter().any(|text| text.contains('\0'));
            found.check(
                nul,
                name,
                "nul_character",
                "must not contain a NUL character",
            );
        }
        found.into_result().map_err(Error::from)
    }
}

/// A failure of an attempt.
///
/// ```
/// use genledger::chrono::TimeDelta;
/// use genledger::generation::{Failure, FailureCode};
///
/// let failure = Failure::new(FailureCode::RATE_LIMIT).message("too many requests").retry_after(TimeDelta::seconds(40));
/// assert_eq!(failure.code.as_str(), "lib:rate_limit");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The code, which decides what happens.
    pub code: FailureCode,
    /// What is known about it, for people. It must not contain secrets.
    pub message: Option<String>,
    /// The wait that the provider has requested; not negative.
    pub retry_after: Option<TimeDelta>,
    /// A random number that adds up to a quarter to waits; `None` adds nothing.
    pub random: Option<u64>,
}

impl Failure {
    /// A failure with a code, without a requested wait and without jitter.
    #[must_use]
    pub const fn new(code: FailureCode) -> Self {
        Self {
            code,
            message: None,
            retry_after: None,
            random: None,
        }
    }

    /// What is known about it, for people.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// The wait that the provider has requested; not negative.
    #[must_use]
    pub const fn retry_after(mut self, wait: TimeDelta) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// With the next random number as its jitter.
    #[must_use]
    pub const fn jittered(mut self, random: &mut SplitMix64) -> Self {
        self.random = Some(random.next_u64());
        self
    }

    pub(in crate::generation) fn check(&self) -> Result<()> {
        let mut found = Violations::new();
        let nul = self
            .message
            .as_ref()
            .is_some_and(|text| text.contains('\0'));
        found.check(
            nul,
            "message",
            "nul_character",
            "must not contain a NUL character",
        );
        let negative = self
            .retry_after
            .is_some_and(|wait| wait < TimeDelta::zero());
        found.check(
            negative,
            "retry_after",
            "out_of_range",
            "must not be negative",
        );
        found.into_result().map_err(Error::from)
    }
}
