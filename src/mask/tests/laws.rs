//! The laws, for arbitrary texts and for texts that are composed of what matters.

use std::borrow::Cow;

use proptest::prelude::*;

use super::super::{is_masked, mask, scanner::Scanner};

/// Pieces that mean something to the scanner, alone or next to each other.
const PIECES: &[&str] = &[
    "http://",
    "https://",
    "HTTPS://",
    "wss:\\/\\/",
    "postgres://",
    "://",
    "%3A%2F%2F",
    "a.com",
    "api.test.org",
    "co.uk",
    "x.ai",
    "self.app",
    "main.rs",
    "foo.py:12",
    "lib.so",
    "10.0.0.12",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "::1",
    "fe80::1%eth0",
    "2001:db8::1",
    "[::1]:443",
    "::ffff:10.0.0.1",
    "12:30:45",
    "user",
    "user:pw@",
    "first.last",
    "@",
    "sk-abcdef123",
    "AKIA0123456789ABCDEF",
    "eyJhbGciOiJIUzI1NiJ9.e30.abc",
    "Bearer ",
    "Basic dXNlcjpwYXNz",
    "Authorization: ",
    "api_key",
    "password",
    "token",
    "API key ",
    "provided: ",
    "cookie",
    "arn:aws:iam::123456789012:user/bob",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "abcd****wxyz",
    "***",
    "*",
    ":",
    "::",
    "=",
    "=>",
    "/",
    "\\/",
    "\\",
    "\\\"",
    "\\n",
    "\\u0026",
    "?",
    "&",
    "&amp;",
    "#",
    ".",
    "..",
    ",",
    ";",
    "!",
    "\"",
    "'",
    "`",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "|",
    "%",
    "%2F",
    "-",
    "_",
    "+",
    " ",
    "\n",
    "\t",
    "\u{FF1A}",
    "\u{8BF7}\u{6C42}",
    "\u{E9}",
    "\u{5BC6}\u{7801}",
    "\u{3002}",
    "\u{1F980}",
    "0",
    "1",
    "a",
    "Z",
    "key=",
    "x=1",
    "/24",
    ":80",
    "%eth0",
    "null",
];

fn composed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        12 => prop::sample::select(PIECES).prop_map(ToOwned::to_owned),
        1 => ".{0,4}",
        1 => "[a-zA-Z0-9._:/@-]{0,12}",
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn holds(text: &str) {
    let masked = mask(text);
    let again = mask(&masked);
    assert_eq!(again, masked, "not idempotent: {text:?}");
    assert!(is_masked(&masked), "{text:?}");
    assert_eq!(
        matches!(masked, Cow::Borrowed(_)),
        masked == text,
        "{text:?}"
    );
    assert!(
        masked.len() <= 2 * text.len() + 2,
        "too long: {text:?} {masked:?}"
    );
    let reads = Scanner::new(text).run().1;
    assert!(reads <= 150 * (text.len() + 1), "{reads} reads: {text:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn laws_of_composed_texts(text in composed()) {
        holds(&text);
    }

    #[test]
    fn laws_of_any_text(text in any::<String>()) {
        holds(&text);
    }

    #[test]
    fn laws_of_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        holds(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn laws_of_punctuation(text in "[a1.:/@\\\\\"'*=&?#%\\[\\]()_ -]{0,40}") {
        holds(&text);
    }
}

/// Texts in which one pass once hid what the next pass needed to see.
#[test]
fn one_pass_is_enough() {
    for text in [
        "abcd****wxyz::1",
        "sk-abcdef123%3A%2F%2Ffe80::1%eth0",
        "::1?1=\"[",
        "[::1]:443user:pw@a.com",
        "?1=]:@-",
        "0::ffff:10.0.0.1a",
        "?1::=[:",
        "user:pw@::1-----BEGIN PRIVATE KEY-----",
        ":@::1",
        "a.com\u{5BC6}\u{7801}sk-abcdef123",
        "?_==:]@1",
        "::ffff:10.0.0.1sk-abcdef123",
        "1.2.3.4.512:30:45::1",
        ":&1=[\"]@_",
        "abcd****wxyz\u{8BF7}sk-abcdef123",
        "Basic dXNlcjpwYXNz?&http://",
        "?::1.=1",
        "::1/24::1http://",
        "?-::1=1",
        "Bearer ::ffff:10.0.0.1@",
        "10.0.0.12*/http://",
        "&-=?]:@a",
    ] {
        let masked = Scanner::new(text).run().0;
        assert_eq!(Scanner::new(&masked).run().0, masked, "{text:?}");
        holds(text);
    }
}

/// No four bytes of a secret are in the result, except for those that are in the place as well.
fn is_hidden(text: &str, secret: &str) {
    let masked = mask(text);
    let place = text.replace(secret, " ");
    for window in secret.as_bytes().windows(4) {
        let window = std::str::from_utf8(window).unwrap();
        if place.contains(window) {
            continue;
        }
        assert!(
            !masked.contains(window),
            "{window:?} of {text:?} is in {masked:?}"
        );
    }
}

fn secret() -> impl Strategy<Value = String> {
    "[A-Z0-9]{4}[a-zA-Z0-9_-]{8,40}[A-Z0-9]"
}

/// Where a secret may be; `S` is the secret.
const PLACES: &[&str] = &[
    "https://user:S@host.example.com/v1",
    "https://S@host.example.com/v1",
    "https://S:x@[::1]:80/",
    "http://S.example.com/x",
    "http://S/x",
    "https://api.example.com/v1/S/x",
    "https://api.example.com/S",
    "https://api.example.com/a.S-b",
    "https://api.example.com/v1?key=S",
    "https://api.example.com/v1?a=b&key=S&c=d",
    "https://api.example.com/v1?S",
    "https://api.example.com/v1#S",
    "https:\\/\\/api.example.com\\/S\\/x?key=S",
    "{\"url\":\"https://api.example.com/v1?a=b\\u0026key=S\"}",
    "redirect=https%3A%2F%2Fapi.example.com%2FS%3Fkey%3DS",
    "api.example.com/v1/S",
    "api.example.com:80/v1/S?key=S",
    "api.example.com%2FS",
    "10.0.0.12:80/v1/S",
    "[::1]:80/v1/S",
    "Get /v1/models?key=S: EOF",
    "postgres://user:S@db/x",
    "dsn=user:S@tcp(db:33)/x",
    "user:S@db:54",
    "S@example.com",
    "x.S@example.com",
    "S.example.com",
    "api.S.example.com",
    "key sk-S",
    "(sk-S)",
    "\\nsk-S",
    "key_sk-S.",
    "\u{5BC6}\u{94A5}sk-S\u{5931}\u{8D25}",
    "Bearer S",
    "bearer S.",
    "Authorization: Bearer S",
    "Authorization: Basic S",
    "authorization: S",
    "\"Authorization\": \"Bearer S\"",
    "{\"api_key\": \"S\"}",
    "{\\\"api_key\\\": \\\"S\\\"}",
    "{'api_key': 'S'}",
    "api_key='S'",
    "api_key=S",
    "api_key: S,",
    "api-key => \"S\"",
    "apiKey=S&x=1",
    "x-api-key: S",
    "X-Goog-Api-Key: S",
    "OPENAI_API_KEY=S",
    "\"api_keys\": [\"S\", \"S\"]",
    "<apiKey>S</apiKey>",
    "client_secret=S",
    "password=S",
    "\"password\":\"S",
    "Password: S;",
    "api_key%3DS",
    "Incorrect API key provided: S.",
    "API key: S",
    "Cookie: session=S; other=S",
    "\u{5BC6}\u{7801}\u{FF1A}S",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_part_of_a_secret_survives(secret in secret(), before in "[a-z ]{0,8}", after in "[a-z ]{0,8}") {
        for place in PLACES {
            let text = format!("{before} {} {after}", place.replace('S', &secret));
            is_hidden(&text, &secret);
            holds(&text);
        }
    }

    #[test]
    fn no_address_survives(four in any::<[u8; 4]>(), six in any::<[u16; 8]>(), zeros in 0_usize..8) {
        let port = 8;
        let four = std::net::Ipv4Addr::from(four).to_string();
        let mut groups = six;
        groups[1..].iter_mut().take(zeros).for_each(|group| *group = 0);
        let groups = std::net::Ipv6Addr::from(groups).to_string();
        prop_assume!(groups.contains(|c: char| c.is_ascii_digit()) && groups != "::");
        for place in ["A", "from A.", "\"A\"", "ip=A,", "A: refused", "(A)", "ip:A", "http://A/x", "A/24", "\u{670D}\u{52A1}\u{5668}A\u{8D85}\u{65F6}"] {
            is_hidden(&place.replace('A', &four), &four);
            holds(&place.replace('A', &four));
        }
        is_hidden(&format!("{four}:{port}"), &four);
        for place in ["A", "from A.", "\"A\"", "ip=A,", "A: refused", "(A)", "[A]:P", "http://[A]:P/x", "A/64", "A%eth0", "[A%25eth0]:P"] {
            let text = place.replace('A', &groups).replace('P', &port.to_string());
            is_hidden(&text, &groups);
            holds(&text);
        }
    }

    #[test]
    fn no_mail_survives(local in "[A-Z]{4}[a-z0-9.+_-]{0,20}[a-z]", host in "[A-Z]{4}[a-z0-9-]{0,20}[a-z]") {
        for text in [format!("{local}@{host}.com"), format!("to <{local}@{host}.co.uk>: rejected"), format!("mailto:{local}@{host}.io?x=y")] {
            is_hidden(&text, &local);
            is_hidden(&text, &host);
            holds(&text);
        }
    }
}
