//! Linear time, by the number of bytes that are read.

use super::super::scanner::Scanner;

/// How often a byte is read, at most.
const READS: usize = 100;

fn reads(text: &str) -> usize {
    Scanner::new(text).run().1
}

/// Texts that make a scanner look ahead: what is repeated, and what follows.
const FAMILIES: &[(&str, &str)] = &[
    (".", ""),
    ("..", "com"),
    (":", ""),
    ("::", "1"),
    ("/", ""),
    ("//", "a.com"),
    ("\\", ""),
    ("\\", "/"),
    (":\\/", ""),
    ("http://", ""),
    ("http://a", ""),
    ("http:", "//"),
    ("://", ""),
    ("1", ""),
    ("1.", ""),
    ("1.1.1.1.", ""),
    ("1:", ""),
    ("aa:", ""),
    ("1:1", "::"),
    ("[", ""),
    ("]", ""),
    ("(", ")"),
    ("[]", ""),
    ("[::1]", ""),
    ("http://[", "]"),
    ("https://]", ""),
    ("(http://", ""),
    ("api_key:", ""),
    ("api_key", ""),
    ("api_key ", ":"),
    ("api_key: ", ""),
    ("\"api_key\":\"", ""),
    ("'password' : ", ""),
    ("password\\", "\":1"),
    ("api key ", ""),
    ("api key: ", ""),
    ("key ", ""),
    ("Bearer ", ""),
    ("Basic ", ""),
    ("Authorization: Bearer ", ""),
    ("Cookie: ", ""),
    ("@", ""),
    ("a@", ""),
    ("a@a.", "com"),
    ("a:a@", ""),
    ("a:", "@b"),
    ("a=", ":b@c"),
    ("a.", "com"),
    ("a..", "com"),
    ("a-", ".com"),
    ("a.com/", ""),
    ("a.com:1", ""),
    ("a.com:1/", ""),
    ("-", ""),
    ("*", ""),
    ("a*", ""),
    ("***", "a"),
    ("sk-", ""),
    ("sk-a", ""),
    ("sk-aaaaaa/", ""),
    ("eyJ", ""),
    ("-----BEGIN", ""),
    ("-----BEGIN PRIVATE KEY-----", ""),
    ("-----BEGIN ", ""),
    ("arn:", ""),
    ("arn:a:b:c:", ""),
    ("?a=", ""),
    ("?a&", ""),
    ("http://a?a&", ""),
    ("http://a?\\u0026", ""),
    ("\\u0026a=", ""),
    ("\\n", ""),
    ("%3A%2F%2F", ""),
    ("a%3A%2F%2F", ""),
    ("%", ""),
    ("fe80::1%", ""),
    ("\"", ""),
    ("\\\"", ""),
    (" ", ""),
    ("\u{4E2D}", ".com"),
    ("\u{4E2D}a.com", ""),
    ("\u{E9}", "@a.com"),
    ("#", ""),
    ("http://#", ""),
    ("token=>", ""),
    ("<api_key>", ""),
    (",", ""),
    ("a,", ":b@c"),
];

#[test]
fn time_is_linear() {
    for (repeated, end) in FAMILIES {
        for length in [100, 3_000, 30_000] {
            let text = repeated.repeat(length / repeated.len()) + end;
            let reads = reads(&text);
            assert!(
                reads <= READS * (text.len() + 1),
                "{repeated:?} {length}: {} reads of a byte",
                reads / text.len(),
            );
        }
    }
}

/// Pairs of families, one inside of the other.
#[test]
fn time_is_linear_for_combinations() {
    for (first, _) in FAMILIES {
        for (second, end) in FAMILIES {
            for text in [
                format!("{first}{second}").repeat(1_600 / (first.len() + second.len())),
                first.repeat(800 / first.len()) + &second.repeat(800 / second.len()) + end,
            ] {
                let reads = reads(&text);
                assert!(
                    reads <= READS * (text.len() + 1),
                    "{first:?} {second:?}: {} reads of a byte",
                    reads / text.len(),
                );
            }
        }
    }
}
