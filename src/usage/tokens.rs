//! `TokenBuckets`: token counts that do not overlap.

use genledger_contract::{Error, Result, Violation};

use super::UsageLogOther;

/// The tokens of one request in buckets that do not overlap, so that each is billed once.
///
/// Providers count differently: for some, the prompt includes what came from the cache, for others
/// it does not. Adding up numbers of two conventions bills cached tokens twice or never. Build the
/// buckets with the constructor of the convention that the numbers are in.
///
/// ```
/// use genledger::usage::TokenBuckets;
///
/// // The same request, as OpenAI and as Anthropic report it.
/// let openai = TokenBuckets::from_openai(1_000, 600, 50)?;
/// let anthropic = TokenBuckets::from_anthropic(400, 600, 0, 50)?;
/// assert_eq!(openai, anthropic);
/// assert_eq!(openai.input, 400);
/// assert_eq!(openai.prompt_total(), Some(1_000));
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TokenBuckets {
    /// Tokens of the prompt that neither came from the cache nor were written to it.
    pub input: i64,
    /// Tokens of the prompt that came from the cache.
    pub cache_read: i64,
    /// Tokens of the prompt that were written to the cache.
    pub cache_write: i64,
    /// Tokens of the completion, reasoning included.
    pub output: i64,
}

impl TokenBuckets {
    /// From numbers where the prompt **includes** the cached tokens: `OpenAI`'s `prompt_tokens`,
    /// `prompt_tokens_details.cached_tokens` and `completion_tokens`.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when a number is negative or there are
    /// more cached tokens than tokens.
    pub fn from_openai(prompt: i64, cached: i64, completion: i64) -> Result<Self> {
        Self::from_inclusive(prompt, cached, 0, completion)
    }

    /// From numbers where the prompt **excludes** what was read from and written to the cache:
    /// Anthropic's `input_tokens`, `cache_read_input_tokens`, `cache_creation_input_tokens` and
    /// `output_tokens`.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when a number is negative.
    pub fn from_anthropic(
        input: i64,
        cache_read: i64,
        cache_write: i64,
        output: i64,
    ) -> Result<Self> {
        let buckets = Self {
            input,
            cache_read,
            cache_write,
            output,
        };
        buckets.checked()
    }

    /// From the attributes of OpenTelemetry, where the input **includes** both cached parts:
    /// `gen_ai.usage.input_tokens`, `gen_ai.usage.cache_read.input_tokens`,
    /// `gen_ai.usage.cache_creation.input_tokens` and `gen_ai.usage.output_tokens`.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when a number is negative or there are
    /// more cached tokens than tokens.
    pub fn from_otel(input: i64, cache_read: i64, cache_write: i64, output: i64) -> Result<Self> {
        Self::from_inclusive(input, cache_read, cache_write, output)
    }

    /// All tokens of the prompt, cached ones included; `None` when the sum does not fit.
    #[must_use]
    pub const fn prompt_total(&self) -> Option<i64> {
        match self.input.checked_add(self.cache_read) {
            Some(sum) => sum.checked_add(self.cache_write),
            None => None,
        }
    }

    /// Writes the cached parts to the details of a log.
    pub fn describe(&self, other: &mut UsageLogOther) {
        other.set(UsageLogOther::CACHE_TOKENS, self.cache_read);
        if self.cache_write > 0 {
            other.set(UsageLogOther::CACHE_CREATION_TOKENS, self.cache_write);
        }
    }

    fn from_inclusive(prompt: i64, read: i64, write: i64, output: i64) -> Result<Self> {
        let buckets = Self {
            input: prompt,
            cache_read: read,
            cache_write: write,
            output,
        }
        .checked()?;
        // Both parts are not negative here, so the difference cannot overflow.
        match (prompt - read).checked_sub(write) {
            Some(input) if input >= 0 => Ok(Self { input, ..buckets }),
            _ => Err(Error::from(Violation::new(
                "cache_read",
                "more_than_all",
                "must not be more than all tokens of the prompt",
            ))),
        }
    }

    fn checked(self) -> Result<Self> {
        let mut found = genledger_contract::Violations::new();
        for (name, tokens) in [
            ("input", self.input),
            ("cache_read", self.cache_read),
            ("cache_write", self.cache_write),
            ("output", self.output),
        ] {
            found.check(tokens < 0, name, "out_of_range", "must not be negative");
        }
        found.into_result()?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::TokenBuckets;
    use proptest::prelude::*;

    #[test]
    fn impossible_numbers_are_refused() {
        assert!(TokenBuckets::from_openai(10, 11, 0).is_err());
        assert!(TokenBuckets::from_otel(10, 6, 5, 0).is_err());
        let error = TokenBuckets::from_anthropic(-1, 0, -1, 0).unwrap_err();
        assert_eq!(error.violations().len(), 2);
    }

    proptest! {
        #[test]
        fn conventions_agree(input in 0..i64::MAX / 4, read in 0..i64::MAX / 4, write in 0..i64::MAX / 4) {
            let apart = TokenBuckets::from_anthropic(input, read, write, 1).unwrap();
            let together = TokenBuckets::from_otel(input + read + write, read, write, 1).unwrap();
            prop_assert_eq!(apart, together);
            prop_assert_eq!(apart.prompt_total(), Some(input + read + write));
        }
    }
}
