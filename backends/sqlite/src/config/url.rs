//! Parses URLs.

use std::str::FromStr;
use std::time::Duration;

use genledger_contract::{Error, Result, Violation};
use percent_encoding::percent_decode_str;

use super::{SqliteConfig, Synchronous};

/// From a URL: `sqlite:path`, `sqlite://path`, or `sqlite::memory:`. The path is used unchanged
/// (`sqlite:///var/db` is `/var/db`), except for percent escapes.
///
/// Options after `?`, separated by `&`: `mode` (`ro`, `rw`, `rwc`), `synchronous` (`normal`,
/// `full`), `readers`, `busy_timeout`, `acquire_timeout` and `transaction_idle_timeout`
/// (milliseconds), `page_size`, `cache_kib`, `wal_autocheckpoint`, `wal_limit_kib`,
/// `max_size_kib`, and `slow_statements` (milliseconds; 0 for never).
///
/// [`Invalid`](genledger_contract::ErrorKind::Invalid) when the URL has another form.
impl FromStr for SqliteConfig {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self> {
        parse(url)
    }
}

fn parse(url: &str) -> Result<SqliteConfig> {
    let rest = url
        .strip_prefix("sqlite:")
        .ok_or_else(|| refused("url", "not_sqlite", "does not begin with sqlite:"))?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = path.strip_prefix("//").unwrap_or(path);
    let mut config = if path == ":memory:" {
        SqliteConfig::memory()
    } else if path.is_empty() {
        return Err(refused("url", "no_path", "names no file"));
    } else {
        let path = percent_decode_str(path)
            .decode_utf8()
            .map_err(|_| refused("url", "not_utf8", "has escapes that are not UTF-8"))?;
        SqliteConfig::file(path.into_owned())
    };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        set(&mut config, key, value)?;
    }
    Ok(config)
}

fn set(config: &mut SqliteConfig, key: &str, value: &str) -> Result<()> {
    match (key, value) {
        ("mode", "ro") => (config.create, config.read_only) = (false, true),
        ("mode", "rw") => (config.create, config.read_only) = (false, false),
        ("mode", "rwc") => (config.create, config.read_only) = (true, false),
        ("synchronous", "normal") => config.synchronous = Synchronous::Normal,
        ("synchronous", "full") => config.synchronous = Synchronous::Full,
        ("readers", value) => config.readers = number(value)?,
        ("busy_timeout", value) => config.busy_timeout = Duration::from_millis(number(value)?),
        ("acquire_timeout", value) => {
            config.acquire_timeout = Duration::from_millis(number(value)?);
        }
        ("transaction_idle_timeout", value) => {
            config.transaction_idle_timeout = Duration::from_millis(number(value)?);
        }
        ("page_size", value) => config.page_size = number(value)?,
        ("cache_kib", value) => config.cache_kib = number(value)?,
        ("wal_autocheckpoint", value) => config.wal_autocheckpoint = number(value)?,
        ("slow_statements", value) => {
            let slow = Duration::from_millis(number(value)?);
            config.slow_statements = (!slow.is_zero()).then_some(slow);
        }
        ("wal_limit_kib", value) => config.wal_limit_kib = number(value)?,
        ("max_size_kib", value) => config.max_size_kib = number(value)?,
        _ => {
            return Err(refused(
                "url",
                "unknown_option",
                "has an unknown option, or an option with an unknown value; the options are mode (ro, rw, rwc), \
                 synchronous (normal, full), readers, busy_timeout, acquire_timeout, \
                 transaction_idle_timeout, page_size, cache_kib, wal_autocheckpoint, wal_limit_kib, \
                 max_size_kib and slow_statements",
            ));
        }
    }
    Ok(())
}

fn number<N: FromStr>(value: &str) -> Result<N> {
    value.parse().map_err(|_| {
        refused(
            "url",
            "not_a_number",
            "has an option that must be a whole number",
        )
    })
}

fn refused(path: &'static str, rule: &'static str, message: &'static str) -> Error {
    Violation::new(path, rule, message).into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use genledger_contract::ErrorKind;

    use super::parse;
    use crate::config::{Location, Synchronous};

    #[test]
    fn urls_name_a_file_and_its_options() {
        let config =
            parse("sqlite:///var/a%20b.db?mode=rw&synchronous=full&busy_timeout=250&readers=2")
                .unwrap();
        assert_eq!(config.location, Location::File("/var/a b.db".into()));
        assert!(!config.create && !config.read_only);
        assert_eq!(config.synchronous, Synchronous::Full);
        assert_eq!(config.busy_timeout, Duration::from_millis(250));
        assert_eq!(config.readers, 2);
        assert_eq!(config.slow_statements, Some(Duration::from_secs(1)));
        let slow = |url| parse(url).unwrap().slow_statements;
        assert_eq!(
            slow("sqlite:x?slow_statements=20"),
            Some(Duration::from_millis(20))
        );
        assert_eq!(slow("sqlite:x?slow_statements=0"), None);
        let bound = parse("sqlite:x?max_size_kib=1048576").unwrap().max_size_kib;
        assert_eq!(bound, 1 << 20);
        let path = |url| parse(url).unwrap().location;
        assert_eq!(path("sqlite:ledger.db"), Location::File("ledger.db".into()));
        assert_eq!(
            path("sqlite://ledger.db"),
            Location::File("ledger.db".into())
        );
        assert_eq!(path("sqlite::memory:"), Location::Memory);
        assert_eq!(path("sqlite://:memory:"), Location::Memory);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for url in [
            "mysql:x",
            "sqlite:",
            "sqlite:x?mode=x",
            "sqlite:x?readers=many",
            "sqlite:x?y",
        ] {
            assert_eq!(parse(url).unwrap_err().kind(), ErrorKind::Invalid, "{url}");
        }
    }
}
