//! Finds the entries of a JSON object in its text, so that one of them can be read or replaced
//! while every other byte stays.
//!
//! The scanner only finds where entries begin and end. Whether a value is valid JSON is checked
//! when it is read.

use std::borrow::Cow;
use std::ops::Range;

/// One `"key": value` of an object, as ranges of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The key with its quotes.
    pub(super) key: Range<usize>,
    /// The value without the white space around it.
    pub(super) value: Range<usize>,
}

impl Entry {
    /// The key as text. Escapes are resolved: a hidden key must not pass in an escaped form.
    pub(super) fn name<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let quoted = &text[self.key.clone()];
        let plain = &quoted[1..quoted.len() - 1];
        if plain.contains('\\') {
            // A key with an invalid escape is compared as it is written.
            serde_json::from_str(quoted).map_or(Cow::Borrowed(plain), Cow::Owned)
        } else {
            Cow::Borrowed(plain)
        }
    }
}

/// The entries of the object in `text`, or `None` when it is not an object.
pub(super) fn entries(text: &str) -> Option<Vec<Entry>> {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
    };
    let mut found = Vec::new();
    scanner.expect(b'{')?;
    if scanner.peek()? == b'}' {
        scanner.at += 1;
    } else {
        loop {
            found.push(scanner.entry()?);
            match scanner.peek()? {
                b',' => scanner.at += 1,
                b'}' => {
                    scanner.at += 1;
                    break;
                }
                _ => return None,
            }
        }
    }
    scanner.peek().is_none().then_some(found)
}

/// Whether the text of a value has `NaN` or `Infinity` where a value belongs, as some languages
/// write them although JSON has no such numbers.
pub(super) fn has_non_finite(value: &str) -> bool {
    let mut scanner = Scanner {
        bytes: value.as_bytes(),
        at: 0,
    };
    while let Some(byte) = scanner.peek() {
        let rest = &value.as_bytes()[scanner.at..];
        if byte == b'"' {
            if scanner.string().is_none() {
                return false;
            }
        } else if rest.starts_with(b"NaN") || rest.starts_with(b"Infinity") {
            return true;
        } else {
            scanner.at += 1;
        }
    }
    false
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        while matches!(self.bytes.get(self.at)?, b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn entry(&mut self) -> Option<Entry> {
        self.peek()?;
        let key = self.string()?;
        self.expect(b':')?;
        self.peek()?;
        let value = self.value()?;
        Some(Entry { key, value })
    }

    fn string(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        if *self.bytes.get(start)? != b'"' {
            return None;
        }
        self.at += 1;
        loop {
            match self.bytes.get(self.at)? {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return Some(start..self.at);
                }
                _ => self.at += 1,
            }
        }
    }

    /// A string, something in brackets, or a run of bytes up to the end of the entry.
    fn value(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match *self.bytes.get(self.at)? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b'}' | b']' if depth == 0 => break,
                _ => self.at += 1,
            }
        }
        let run = &self.bytes[start..self.at];
        let value = run.trim_ascii_end();
        (!value.is_empty()).then(|| start..start + value.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{entries, has_non_finite};
    use proptest::prelude::*;
    use serde_json::Value;

    fn found(text: &str) -> Option<Vec<(String, String)>> {
        let entries = entries(text)?;
        let pair = |entry: super::Entry| {
            (
                entry.name(text).into_owned(),
                text[entry.value.clone()].to_owned(),
            )
        };
        Some(entries.into_iter().map(pair).collect())
    }

    #[test]
    fn entries_keep_their_spelling() {
        let text = " { \"a\" : 1.50 ,\"b\":{\"x\":[1,{}],\"}\":\"\\\"\"}\n,\"\\u0063\":\"é\" } ";
        let expected = [
            ("a", "1.50"),
            ("b", "{\"x\":[1,{}],\"}\":\"\\\"\"}"),
            ("c", "\"é\""),
        ];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(found(text).unwrap(), expected);
        assert_eq!(found("{}").unwrap(), []);
    }

    #[test]
    fn what_is_not_an_object_has_no_entries() {
        for text in [
            "",
            " ",
            "null",
            "[]",
            "1",
            "{",
            "}",
            "{]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1",
            "{a:1}",
            "{\"a\":1,}",
            "{,}",
            "{\"a\":1}x",
            "{\"a\":1 \"b\":2}x",
            "{\"a",
            "{\"a\\",
            "{\"a\":1}}",
        ] {
            assert_eq!(entries(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_that_json_lacks_are_recognised() {
        for value in ["NaN", "-Infinity", "[1, Infinity]", "{\"x\": NaN}"] {
            assert!(has_non_finite(value), "{value}");
        }
        for value in ["\"NaN\"", "1", "[\"Infinity\"]", "nan", "\"open NaN"] {
            assert!(!has_non_finite(value), "{value}");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_object_is_taken_apart(
            object in prop::collection::btree_map(".{0,6}", json(), 0..6), pretty: bool,
        ) {
            let object = Value::Object(object.into_iter().collect());
            let text = if pretty {
                serde_json::to_string_pretty(&object).unwrap()
            } else {
                object.to_string()
            };
            let found = found(&text).unwrap();
            let again: serde_json::Map<String, Value> = found
                .into_iter()
                .map(|(key, value)| (key, serde_json::from_str(&value).unwrap()))
                .collect();
            prop_assert_eq!(Value::Object(again), object);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[\\{\\}\\[\\]\",:\\\\a1 ]{0,24}") {
            let _ = found(&text);
            let _ = has_non_finite(&text);
        }
    }
}
