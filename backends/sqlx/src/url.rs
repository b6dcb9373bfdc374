//! Parses the URLs of servers.
//!
//! sqlx ignores unknown options; here they are rejected.

use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

use genledger_contract::backend::Events;
use genledger_contract::{Error, Result, Violation};
use sqlx::Database;
use sqlx_core::percent_encoding::percent_decode_str;

use crate::config::{PoolConfig, TRANSACTION_IDLE_TIMEOUT};
use crate::driver::Driver;

/// The settings of a URL.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Url<O> {
    /// The options of the driver.
    pub options: O,
    /// The configuration of the pool.
    pub pool: PoolConfig,
    /// A limit on the time that the server spends on one statement.
    pub statement_timeout: Option<Duration>,
    /// How long a transaction may be idle before the server ends it; `None` for the server's own limit.
    pub transaction_idle_timeout: Option<Duration>,
    /// The duration from which the event of a statement is a warning; `None` for never.
    pub slow_statements: Option<Duration>,
    /// The schema of the tables, where the database has schemas.
    pub schema: Option<String>,
    /// Whether it sets the capacity of the statement cache.
    pub names_statement_cache: bool,
}

/// The option of sqlx for the capacity of the statement cache.
const STATEMENT_CACHE: &str = "statement-cache-capacity";

impl<O: FromStr<Err = sqlx::Error>> Url<O> {
    /// Parses a URL with the options of this crate and those of the driver, for which `known` returns
    /// `true`.
    ///
    /// # Errors
    /// [`Invalid`](genledger_contract::ErrorKind::Invalid) when it is not a URL of this database, or
    /// has an unknown option. The error does not contain the URL, since it may contain a password.
    pub fn parse<D: Driver>(url: &str, known: fn(&str) -> bool) -> Result<Self> {
        let schemes = <D::Database as Database>::URL_SCHEMES;
        let is_known = url
            .split_once(':')
            .is_some_and(|(scheme, _)| schemes.contains(&scheme));
        if !is_known {
            let message = format!("the URL must begin with one of {}", schemes.join(", "));
            return Err(Violation::new("url", "scheme", message).into());
        }
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let mut own = OwnOptions::default();
        let mut others = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if key == "schema" && known(key) {
                own.schema = Some(decoded(value)?);
                continue;
            }
            if own.set(key, value)? {
                continue;
            }
            if !known(key) {
                return Err(refused(
                    "unknown_option",
                    "has an unknown option; docs/backends.md lists the options, and the settings of the \
                     pool are max_connections, min_connections, max_idle_connections, acquire_timeout, idle_timeout, \
                     max_lifetime, response_timeout, statement_timeout, transaction_idle_timeout and \
                     slow_statements",
                ));
            }
            own.names_statement_cache |= key == STATEMENT_CACHE;
            others.push(pair);
        }
        let url = if others.is_empty() {
            place.to_owned()
        } else {
            format!("{place}?{}", others.join("&"))
        };
        let options = url
            .parse()
            .map_err(|_| refused("malformed", "is not a URL of a database, or an option has a value that is not known; in a name or a \
                 password, write @ : / ? # and % as %40 %3A %2F %3F %23 and %25"))?;
        Ok(Self {
            options,
            pool: own.pool,
            statement_timeout: own.statement_timeout,
            transaction_idle_timeout: own.transaction_idle_timeout,
            slow_statements: own.slow_statements,
            schema: own.schema,
            names_statement_cache: own.names_statement_cache,
        })
    }
}

/// The options of this crate.
struct OwnOptions {
    pool: PoolConfig,
    schema: Option<String>,
    statement_timeout: Option<Duration>,
    transaction_idle_timeout: Option<Duration>,
    slow_statements: Option<Duration>,
    names_statement_cache: bool,
}

impl Default for OwnOptions {
    fn default() -> Self {
        Self {
            pool: PoolConfig::default(),
            schema: None,
            statement_timeout: None,
            transaction_idle_timeout: TRANSACTION_IDLE_TIMEOUT,
            slow_statements: Events::SLOW,
            names_statement_cache: false,
        }
    }
}

impl OwnOptions {
    /// Sets an option of this crate; `false` if it is another one.
    fn set(&mut self, key: &str, value: &str) -> Result<bool> {
        let pool = self.pool.clone();
        self.pool = match key {
            "max_connections" => pool.with_max_connections(at_least_one(value)?),
            "min_connections" => pool.with_min_connections(number(value)?),
            "max_idle_connections" => pool.with_max_idle_connections(number(value)?),
            "acquire_timeout" => pool.with_acquire_timeout(millis(value)?),
            "idle_timeout" => pool.with_idle_timeout(limit(value)?),
            "max_lifetime" => pool.with_max_lifetime(limit(value)?),
            "response_timeout" => pool.with_response_timeout(limit(value)?),
            "statement_timeout" => {
                self.statement_timeout = limit(value)?;
                pool
            }
            "transaction_idle_timeout" => {
                self.transaction_idle_timeout = limit(value)?;
                pool
            }
            "slow_statements" => {
                self.slow_statements = limit(value)?;
                pool
            }
            _ => return Ok(false),
        };
        Ok(true)
    }
}

fn decoded(value: &str) -> Result<String> {
    percent_decode_str(value)
        .decode_utf8()
        .map(Cow::into_owned)
        .map_err(|_| refused("not_utf8", "has escapes that are not UTF-8"))
}

fn number<N: FromStr>(value: &str) -> Result<N> {
    value
        .parse()
        .map_err(|_| refused("not_a_number", "has an option that must be a number"))
}

fn at_least_one(value: &str) -> Result<u32> {
    match number(value)? {
        0 => Err(refused(
            "no_connection",
            "must allow at least one connection",
        )),
        connections => Ok(connections),
    }
}

/// A duration in milliseconds.
fn millis(value: &str) -> Result<Duration> {
    number(value).map(Duration::from_millis)
}

/// A limit in milliseconds; 0 means unlimited.
fn limit(value: &str) -> Result<Option<Duration>> {
    millis(value).map(|limit| (!limit.is_zero()).then_some(limit))
}

fn refused(rule: &'static str, message: &'static str) -> Error {
    Violation::new("url", rule, message).into()
}

/// Returns an error if encryption is required, but this program was built without it.
///
/// # Errors
/// [`Unsupported`](genledger_contract::ErrorKind::Unsupported), with the name of the feature.
pub fn check_encryption(is_required: bool) -> Result<()> {
    if is_required && !sqlx_core::net::tls::available() {
        return Err(Error::unsupported(
            "this program was built without encrypted connections: enable the feature \
             `tls-rustls` of genledger",
        ));
    }
    Ok(())
}

/// The host without the brackets that an IPv6 address has in a URL and nowhere else.
#[must_use]
pub fn unbracketed(host: &str) -> Option<&str> {
    host.strip_prefix('[')?.strip_suffix(']')
}

#[cfg(test)]
mod tests {
    use super::{OwnOptions, unbracketed};
    use std::time::Duration;

    #[test]
    fn options_of_the_pool_are_taken() {
        let mut own = OwnOptions::default();
        let mut set = |key, value| own.set(key, value).unwrap();
        assert!(set("max_connections", "20"));
        assert!(set("max_idle_connections", "3"));
        assert!(set("min_connections", "2"));
        assert!(set("acquire_timeout", "250"));
        assert!(set("idle_timeout", "0"));
        assert!(set("max_lifetime", "60000"));
        assert!(set("response_timeout", "1500"));
        assert!(set("statement_timeout", "700"));
        assert!(set("transaction_idle_timeout", "900"));
        assert!(!set("sslmode", "require"));
        assert_eq!(own.pool.max_connections, 20);
        assert_eq!(own.pool.max_idle_connections, 3);
        assert_eq!(own.pool.min_connections, 2);
        assert_eq!(own.pool.acquire_timeout, Duration::from_millis(250));
        assert_eq!(own.pool.idle_timeout, None);
        assert_eq!(own.pool.max_lifetime, Some(Duration::from_mins(1)));
        let response = Some(Duration::from_millis(1_500));
        assert_eq!(own.pool.response_timeout, response);
        assert_eq!(own.statement_timeout, Some(Duration::from_millis(700)));
        let idle = Some(Duration::from_millis(900));
        assert_eq!(own.transaction_idle_timeout, idle);
        assert!(own.set("transaction_idle_timeout", "0").unwrap());
        assert_eq!(own.transaction_idle_timeout, None);
        for (key, value) in [
            ("max_connections", "0"),
            ("max_connections", "many"),
            ("acquire_timeout", "5s"),
            ("idle_timeout", ""),
        ] {
            assert!(own.set(key, value).is_err(), "{key}");
        }
    }

    #[test]
    fn addresses_lose_their_brackets() {
        assert_eq!(unbracketed("[::1]"), Some("::1"));
        assert_eq!(unbracketed("localhost"), None);
    }
}
