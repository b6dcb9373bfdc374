//! Names of secrets: what follows one of them, after a separator, is hidden.

/// The end of a name, in lower case and without `_`, `-` and `.`.
const ENDS: &[&str] = &[
    "apikey",
    "apikeys",
    "apitoken",
    "apisecret",
    "secret",
    "secretkey",
    "secretaccesskey",
    "accesskey",
    "accesskeyid",
    "accesstoken",
    "authtoken",
    "refreshtoken",
    "sessiontoken",
    "idtoken",
    "securitytoken",
    "bearertoken",
    "usertoken",
    "csrftoken",
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "privatekey",
    "credential",
    "credentials",
    "authorization",
    "subscriptionkey",
    "accountkey",
    "sharedkey",
    "sharedaccesskey",
    "signature",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "authkey",
    "licensekey",
    "functionskey",
    "cookie",
    "密码",
    "密钥",
    "口令",
];

/// Complete names.
const EXACT: &[&str] = &["pwd", "pw", "pass", "token", "jwt", "bearer", "sig"];

/// More than the longest name with its separators.
const LONGEST: usize = 48;

/// How far a value extends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// One word, or what is in quotes.
    Word,
    /// A scheme and one word.
    Authorization,
    /// The line.
    Line,
}

/// Whether this is the name of a secret (`api_key`, `x-api-key`, `dbPassword`).
pub(crate) fn is_secret_name(name: &str) -> bool {
    extent(name).is_some()
}

pub(super) fn extent(name: &str) -> Option<Extent> {
    let name = name.trim_end_matches(['.', '-', '_', '+']);
    let mut start = name.len().saturating_sub(LONGEST);
    while !name.is_char_boundary(start) {
        start += 1;
    }
    let is_cut = start > 0;
    let short: String = name[start..]
        .chars()
        .filter(|c| !matches!(c, '_' | '-' | '.' | '+'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let is_name =
        ENDS.iter().any(|end| short.ends_with(end)) || !is_cut && EXACT.contains(&&*short);
    if !is_name {
        None
    } else if short.ends_with("authorization") {
        Some(Extent::Authorization)
    } else if short.ends_with("cookie") {
        Some(Extent::Line)
    } else {
        Some(Extent::Word)
    }
}

/// Words of schemes before a secret.
pub(super) fn is_scheme(word: &str) -> bool {
    [
        "bearer",
        "basic",
        "token",
        "apikey",
        "api-key",
        "key",
        "negotiate",
        "aws4-hmac-sha256",
        "sharedkey",
    ]
    .iter()
    .any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// Words of sentences such as "password: must not be empty", and literals of JSON, which are not secrets.
pub(super) fn is_prose(word: &str) -> bool {
    const PROSE: &[&str] = &[
        "a",
        "an",
        "and",
        "are",
        "authentication",
        "authorization",
        "auth",
        "can",
        "cannot",
        "credentials",
        "does",
        "empty",
        "error",
        "expected",
        "expired",
        "extra",
        "failed",
        "false",
        "field",
        "for",
        "format",
        "has",
        "header",
        "in",
        "incorrect",
        "input",
        "invalid",
        "is",
        "it",
        "key",
        "may",
        "missing",
        "must",
        "nil",
        "no",
        "none",
        "not",
        "null",
        "of",
        "on",
        "or",
        "please",
        "prefix",
        "required",
        "scheme",
        "should",
        "string",
        "that",
        "the",
        "this",
        "to",
        "token",
        "tokens",
        "true",
        "type",
        "undefined",
        "unexpected",
        "unknown",
        "value",
        "was",
        "wrong",
        "you",
        "your",
    ];
    word.len() <= 14 && PROSE.iter().any(|prose| word.eq_ignore_ascii_case(prose))
}
