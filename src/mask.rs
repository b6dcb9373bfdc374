//! Masking of texts that reach users and logs: URLs, domains, addresses and secrets become `***`.
//!
//! An error of an upstream names its host, the path of the request and sometimes the key of the channel. [`mask()`]
//! hides them and leaves the message readable:
//!
//! ```
//! use genledger::mask::mask;
//!
//! let error = r#"Post "https://api.openai.com/v1/chat?key=s3cret": dial tcp 104.18.6.192:443: i/o timeout"#;
//! assert_eq!(
//!     mask(error),
//!     r#"Post "https://***.com/***/***?key=***": dial tcp ***.***.***.***:443: i/o timeout"#
//! );
//! assert_eq!(mask("Incorrect API key provided: sk-abc123def456."), "Incorrect API key provided: ***.");
//! assert_eq!(mask("gpt-4.1-mini failed in main.go:42"), "gpt-4.1-mini failed in main.go:42");
//! ```
//!
//! | found | result |
//! |---|---|
//! | a URL of any scheme, also with `\/` as in JSON | `https://***.com/***?key=***`: the public suffix, the number of path segments and the names of query parameters remain; user info, port and fragment are dropped |
//! | a domain with a known suffix, with its path | `***.***.com`, `***.com/***`; a port remains |
//! | an IPv4 or IPv6 address | `***.***.***.***`, `***`; a port or a prefix length remains |
//! | a mail address, `user:password@` | `***@***.com`, `***@` |
//! | the value after the name of a secret: `api_key: …`, `"password":"…"`, `x-api-key=…`, `Authorization: Bearer …` | `***`, in its quotes |
//! | a secret with a known form: `sk-…`, `AIza…`, `AKIA…`, `eyJ…`, `ghp_…`, 40 and more random characters | `***` |
//! | a private key in PEM, the account of an ARN | `***` |
//!
//! File names (`main.go`, `report.pdf`, `foo.py:12`), names of models, versions, times, hashes, UUIDs and paths of
//! files remain. A secret that has no known form and no name in front of it cannot be recognised.

mod address;
mod atom;
mod chars;
mod domain;
mod names;
mod scanner;
mod secret;
mod suffix;
mod url;
mod value;
mod word;

use std::borrow::Cow;

use scanner::Scanner;

/// The text with every URL, domain, IP address, mail address and secret replaced by `***`; the text itself if
/// nothing is to be hidden.
///
/// - `mask(mask(text)) == mask(text)`: a masked text is never changed again.
/// - Linear time, also for texts that are made to be slow.
/// - The result has at most `2 * text.len() + 2` bytes.
///
/// ```
/// use std::borrow::Cow;
/// use genledger::mask::mask;
///
/// assert_eq!(mask("lookup api.example.com on 10.0.0.2:53"), "lookup ***.***.com on ***.***.***.***:53");
/// assert_eq!(mask(r#"{"api_key": "s3cret", "model": "gpt-4o"}"#), r#"{"api_key": "***", "model": "gpt-4o"}"#);
/// assert!(matches!(mask("rate limit exceeded"), Cow::Borrowed(_)));
/// ```
#[must_use]
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut masked = match Scanner::new(text).run().0 {
        Cow::Borrowed(text) => return Cow::Borrowed(text),
        Cow::Owned(masked) => masked,
    };
    // The second pass finds nothing, except in texts that are made for it.
    for _ in 0..PASSES {
        match Scanner::new(&masked).run().0 {
            Cow::Borrowed(_) => return Cow::Owned(masked),
            Cow::Owned(again) => masked = again,
        }
    }
    Cow::Owned(HIDDEN.to_owned())
}

/// After this many further passes that all find something, the whole text is hidden.
const PASSES: usize = 4;

/// Whether [`mask`] would leave the text as it is.
///
/// ```
/// use genledger::mask::{is_masked, mask};
///
/// assert!(!is_masked("dial tcp 10.0.0.12:443"));
/// assert!(is_masked(&mask("dial tcp 10.0.0.12:443")));
/// ```
#[must_use]
pub fn is_masked(text: &str) -> bool {
    matches!(mask(text), Cow::Borrowed(_))
}

/// In the place of something hidden.
const HIDDEN: &str = "***";

pub(crate) use names::is_secret_name;

#[cfg(test)]
mod tests;
