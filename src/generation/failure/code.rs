//! Error codes, as they are stored.

use std::borrow::Cow;
use std::fmt;

use genledger_contract::{Error, Result, Violations};

use crate::generation::ErrorClass;

/// An error code of a task or an attempt: `namespace:code`, at most 20 characters; the column `error_code`.
///
/// | namespace | origin |
/// |---|---|
/// | `ret` | the provider's reply to a request |
/// | `fail` | the provider's report of a task that failed |
/// | `lib` | this library: the constants |
///
/// A service may use other namespaces. A code that this version does not know is kept, and its class is
/// [`ErrorClass::Unknown`].
///
/// ```
/// use genledger::generation::{ErrorClass, FailureCode};
///
/// let code = FailureCode::ret(1015);
/// assert_eq!(code.as_str(), "ret:1015");
/// assert_eq!(code.class(), ErrorClass::Auth);
/// assert_eq!(FailureCode::new("fail", "2047")?.class(), ErrorClass::ContentRisk);
/// assert_eq!(FailureCode::parse("http:418")?.class(), ErrorClass::Unknown);
/// assert!(FailureCode::new("fail", "a code that is too long").is_err());
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FailureCode(Cow<'static, str>);

impl FailureCode {
    /// The greatest length in characters, with the namespace and the colon.
    pub const MAX_CHARS: usize = 20;

    /// The connection failed.
    pub const TRANSPORT: Self = Self::lib("lib:transport");
    /// No reply arrived in time.
    pub const TIMEOUT: Self = Self::lib("lib:timeout");
    /// Too many requests, in a form without a code of the provider.
    pub const RATE_LIMIT: Self = Self::lib("lib:rate_limit");
    /// The account is banned, in a form without a code of the provider.
    pub const ACCOUNT_BLOCKED: Self = Self::lib("lib:account_blocked");
    /// The lease of the attempt expired before anything was sent.
    pub const LEASE_LOST: Self = Self::lib("lib:lease_lost");
    /// The provider has not finished the task in time.
    pub const POLL_TIMEOUT: Self = Self::lib("lib:poll_timeout");
    /// It never became known whether the provider had accepted the request.
    pub const SUBMIT_UNKNOWN: Self = Self::lib("lib:submit_unknown");
    /// The task was cancelled.
    pub const CANCELLED: Self = Self::lib("lib:cancelled");
    /// The retries of the task were ended by a user.
    pub const GIVEN_UP: Self = Self::lib("lib:given_up");
    /// The row was completed without a result by another program, before the library used the table.
    pub const ADOPTED: Self = Self::lib("lib:adopted");

    const fn lib(code: &'static str) -> Self {
        Self(Cow::Borrowed(code))
    }

    /// A code of the provider's reply to a request.
    #[must_use]
    pub fn ret(code: i32) -> Self {
        Self(format!("ret:{code}").into())
    }

    /// A code of a task that failed at the provider.
    #[must_use]
    pub fn fail(code: i32) -> Self {
        Self(format!("fail:{code}").into())
    }

    /// A code in a namespace, which contains no colon.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when one of them is empty (`required`), together they are
    /// longer than 20 characters (`too_long`), the namespace contains a colon (`unrecognized`), or one of them a NUL
    /// (`nul`).
    pub fn new(namespace: &str, code: &str) -> Result<Self> {
        let text = format!("{namespace}:{code}");
        let mut found = Violations::new();
        let empty = namespace.is_empty() || code.is_empty();
        found.check(
            empty,
            PATH,
            "required",
            "must be a namespace, a colon and a code",
        );
        let too_long = text.chars().count() > Self::MAX_CHARS;
        found.check(
            too_long,
            PATH,
            "too_long",
            "must not be longer than 20 characters",
        );
        let colon = namespace.contains(':');
        found.check(
            colon,
            PATH,
            "unrecognized",
            "the namespace must not contain a colon",
        );
        found.check(text.contains('\0'), PATH, "nul", "must not contain NUL");
        found.into_result().map_err(Error::from)?;
        Ok(Self(text.into()))
    }

    /// The code of a stored text.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) as for [`new`](Self::new), and when there is no colon
    /// (`required`).
    pub fn parse(text: &str) -> Result<Self> {
        let (namespace, code) = text.split_once(':').unwrap_or((text, ""));
        Self::new(namespace, code)
    }

    /// The stored text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the first colon.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.parts().0
    }

    /// The part after the first colon.
    #[must_use]
    pub fn code(&self) -> &str {
        self.parts().1
    }

    /// The class of the code by the rules of the library; [`ErrorClass::Unknown`] for all other codes.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self.parts() {
            ("ret", code) => match code {
                "1015" => ErrorClass::Auth,
                "1006" | "5000" => ErrorClass::Quota,
                "5001" | "1310" => ErrorClass::Concurrency,
                "1019" | "-6" | "-4" | "4013" => ErrorClass::RiskControl,
                "3018" | "1014" => ErrorClass::Config,
                "34010100" => ErrorClass::Validation,
                "2003" => ErrorClass::ContentRisk,
                _ => ErrorClass::Unknown,
            },
            ("fail", code) => match code {
                "2038" | "2047" => ErrorClass::ContentRisk,
                "1017" | "100402" => ErrorClass::GenerationFailed,
                _ => ErrorClass::Unknown,
            },
            ("lib", code) => match code {
                "transport" => ErrorClass::Transport,
                "timeout" | "lease_lost" | "poll_timeout" => ErrorClass::Timeout,
                "rate_limit" => ErrorClass::RateLimit,
                "account_blocked" => ErrorClass::AccountBlocked,
                _ => ErrorClass::Unknown,
            },
            _ => ErrorClass::Unknown,
        }
    }

    fn parts(&self) -> (&str, &str) {
        self.0.split_once(':').unwrap_or((&self.0, ""))
    }
}

/// The column of error codes.
const PATH: &str = "error_code";

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classes_of_the_codes() {
        for (codes, class) in [
            ("ret:1015", ErrorClass::Auth),
            ("ret:1006 ret:5000", ErrorClass::Quota),
            ("ret:5001 ret:1310", ErrorClass::Concurrency),
            ("ret:1019 ret:-6 ret:-4 ret:4013", ErrorClass::RiskControl),
            ("ret:3018 ret:1014", ErrorClass::Config),
            ("ret:34010100", ErrorClass::Validation),
            ("ret:2003 fail:2038 fail:2047", ErrorClass::ContentRisk),
            ("fail:1017 fail:100402", ErrorClass::GenerationFailed),
            ("fail:2039 fail:2040", ErrorClass::Unknown),
            // A number means something in its namespace only.
            (
                "ret:2038 fail:1015 http:1015 ret:01015 ret:6",
                ErrorClass::Unknown,
            ),
            ("lib:transport", ErrorClass::Transport),
            (
                "lib:timeout lib:lease_lost lib:poll_timeout",
                ErrorClass::Timeout,
            ),
            ("lib:rate_limit", ErrorClass::RateLimit),
            ("lib:account_blocked", ErrorClass::AccountBlocked),
            (
                "lib:cancelled lib:given_up lib:adopted lib:submit_unknown",
                ErrorClass::Unknown,
            ),
        ] {
            for code in codes.split(' ') {
                assert_eq!(FailureCode::parse(code).unwrap().class(), class, "{code}");
            }
        }
    }

    #[test]
    fn every_code_fits_into_its_column() {
        let library = [
            FailureCode::TRANSPORT,
            FailureCode::TIMEOUT,
            FailureCode::RATE_LIMIT,
            FailureCode::ACCOUNT_BLOCKED,
            FailureCode::LEASE_LOST,
            FailureCode::POLL_TIMEOUT,
            FailureCode::SUBMIT_UNKNOWN,
            FailureCode::CANCELLED,
            FailureCode::GIVEN_UP,
            FailureCode::ADOPTED,
        ];
        let provider = [i32::MIN, -6, 0, i32::MAX].into_iter();
        let provider = provider.flat_map(|code| [FailureCode::ret(code), FailureCode::fail(code)]);
        for code in library.into_iter().chain(provider) {
            assert_eq!(FailureCode::parse(code.as_str()).unwrap(), code);
        }
        assert_eq!(FailureCode::ret(-6).code(), "-6");
        assert_eq!(FailureCode::CANCELLED.namespace(), "lib");
    }

    #[test]
    fn texts_that_are_not_codes() {
        for (text, rule) in [
            ("", "required"),
            ("1015", "required"),
            (":1015", "required"),
            ("ret:", "required"),
            ("ret:12345678901234567", "too_long"),
            ("ret:\0", "nul"),
        ] {
            let error = FailureCode::parse(text).unwrap_err();
            assert_eq!(error.violations()[0].rule(), rule, "{text:?}");
        }
        assert_eq!(
            FailureCode::new("a:b", "c").unwrap_err().violations()[0].rule(),
            "unrecognized"
        );
        assert_eq!(
            FailureCode::parse("ret:1234567890123456")
                .unwrap()
                .as_str()
                .len(),
            20
        );
        assert_eq!(FailureCode::parse("ret:a:b").unwrap().code(), "a:b");
        // Characters and not bytes are counted.
        assert!(FailureCode::new("ret", "内容审核未通过内容审核未通过内容").is_ok());
    }
}
