//! Data source names in the form of Go's driver of MySQL, as URLs.

use std::fmt::{Display, Write};

use genledger_contract::{Result, Violation};

/// Parameters of Go's driver that do not concern this library: the character set and the zone are fixed.
const IGNORED: &[&str] = &[
    "allowNativePasswords",
    "charset",
    "checkConnLiveness",
    "clientFoundRows",
    "collation",
    "interpolateParams",
    "loc",
    "maxAllowedPacket",
    "multiStatements",
    "parseTime",
    "readTimeout",
    "timeout",
    "writeTimeout",
];

/// The URL of a DSN `user:password@tcp(host:port)/database?parseTime=true`; a URL as it is.
pub(super) fn to_url(dsn: &str) -> Result<String> {
    if dsn.contains("://") || dsn.starts_with("memory:") || dsn.starts_with("sqlite:") {
        return Ok(dsn.to_owned());
    }
    // As Go's driver reads it: a password may contain any of the separators.
    let Some((login, rest)) = dsn
        .rsplit_once('/')
        .filter(|(login, _)| login.contains(['(', '@']))
    else {
        return Err(refused(
            "unknown_scheme",
            "must be a URL (memory:, sqlite:, postgres://, mysql://, mariadb://) or user:password@tcp(host:port)/database",
        ));
    };
    let (login, address) = login.rsplit_once('@').unwrap_or(("", login));
    let (user, password) = match login.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (login, None),
    };
    let (database, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (protocol, place) = match address
        .strip_suffix(')')
        .and_then(|one| one.split_once('('))
    {
        Some((protocol, place)) => (protocol, place),
        None => (address, ""),
    };
    let mut options = Vec::new();
    let host = match protocol {
        "tcp" | "" if place.is_empty() => "127.0.0.1:3306",
        "tcp" | "" => place,
        "unix" => {
            options.push(("socket", encoded(place)));
            "localhost"
        }
        _ => {
            return Err(refused(
                "unknown_protocol",
                "must use the protocol tcp or unix",
            ));
        }
    };
    for (name, value) in pairs(parameters) {
        match (name, value) {
            ("tls", "true") => options.push(("ssl-mode", "VERIFY_IDENTITY".to_owned())),
            ("tls", "skip-verify") => options.push(("ssl-mode", "REQUIRED".to_owned())),
            ("tls", "preferred") => options.push(("ssl-mode", "PREFERRED".to_owned())),
            ("tls", "false") => options.push(("ssl-mode", "DISABLED".to_owned())),
            (name, _) if IGNORED.contains(&name) => {}
            _ => {
                return Err(refused(
                    "unknown_option",
                    "has a parameter that is not supported",
                ));
            }
        }
    }
    let mut url = format!("mysql://{}", encoded(user));
    if let Some(password) = password {
        url = format!("{url}:{}", encoded(password));
    }
    Ok(with_options(
        format!("{url}@{host}/{}", encoded(database)),
        &options,
    ))
}

/// A URL with options that it does not have yet.
pub(super) fn with_options<V: Display>(url: String, options: &[(&'static str, V)]) -> String {
    let own = url.split_once('?').map_or("", |(_, own)| own).to_owned();
    let mut longer = url;
    for (name, value) in options {
        if pairs(&own).any(|(own, _)| own == *name) {
            continue;
        }
        longer.push(if longer.contains('?') { '&' } else { '?' });
        longer.push_str(&format!("{name}={value}"));
    }
    longer
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Text with every byte that has a meaning in a URL as `%XX`.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn refused(rule: &'static str, message: &'static str) -> genledger_contract::Error {
    Violation::new("url", rule, message).into()
}

#[cfg(test)]
mod tests {
    use super::{to_url, with_options};

    #[test]
    fn data_source_names_become_urls() {
        for (dsn, url) in [
            ("memory:", "memory:"),
            (
                "postgres://u:p@h/d?sslmode=require",
                "postgres://u:p@h/d?sslmode=require",
            ),
            (
                "root:123456@tcp(localhost:3306)/oneapi",
                "mysql://root:123456@localhost:3306/oneapi",
            ),
            (
                "root:a@b/c:d?(e)@tcp([::1]:3307)/d",
                "mysql://root:a%40b%2Fc%3Ad%3F%28e%29@[::1]:3307/d",
            ),
            ("u@tcp/d", "mysql://u@127.0.0.1:3306/d"),
            (
                "u:@tcp(db)/d?parseTime=true&loc=Local&charset=utf8mb4",
                "mysql://u:@db/d",
            ),
            (
                "u:p@unix(/run/mysqld.sock)/d",
                "mysql://u:p@localhost/d?socket=%2Frun%2Fmysqld.sock",
            ),
            (
                "u:p@tcp(db:1)/d?tls=true",
                "mysql://u:p@db:1/d?ssl-mode=VERIFY_IDENTITY",
            ),
        ] {
            assert_eq!(to_url(dsn).as_deref(), Ok(url), "{dsn}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for (dsn, rule) in [
            ("", "unknown_scheme"),
            ("local", "unknown_scheme"),
            ("host=db user=u dbname=d", "unknown_scheme"),
            ("/var/lib/usage.db", "unknown_scheme"),
            ("u:p@pipe(x)/d", "unknown_protocol"),
            ("u:p@tcp(h)/d?tls=custom", "unknown_option"),
            ("u:p@tcp(h)/d?sql_mode=ANSI", "unknown_option"),
        ] {
            let error = to_url(dsn).unwrap_err();
            assert_eq!(error.code(), Some(rule), "{dsn}");
            assert!(!error.to_string().contains("u:p"), "{error}");
        }
    }

    #[test]
    fn options_of_the_url_take_precedence() {
        let options = [("a", 1), ("b", 2)];
        for (url, longer) in [
            ("mysql://h/d", "mysql://h/d?a=1&b=2"),
            ("mysql://h/d?b=7", "mysql://h/d?b=7&a=1"),
            ("mysql://h/d?a=3&b=", "mysql://h/d?a=3&b="),
        ] {
            assert_eq!(with_options(url.to_owned(), &options), longer);
        }
    }
}
