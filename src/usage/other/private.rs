//! What is hidden in `other`: keys from users, and hosts and secrets in the texts of errors from all readers.

use std::borrow::Cow;

use super::UsageLogOther;
use crate::mask::{is_secret_name, mask};

/// Beginnings of the names of keys that no user sees, in lower case: also keys of newer versions are hidden.
const HIDDEN: [&str; 3] = ["admin", "audit", "channel"];

/// The names of keys in `admin_info`, which no user sees in another place either.
const HIDDEN_NAMES: [&str; 4] = [
    "use_channel",
    "is_multi_key",
    "multi_key_index",
    "multi_key_mode",
];

impl UsageLogOther {
    /// The entries that a normal user may see: without [`ADMIN_INFO`](Self::ADMIN_INFO),
    /// [`AUDIT_INFO`](Self::AUDIT_INFO) and the channel, in any spelling, and without entries that contain one of
    /// them. The other entries keep their bytes, the empty object stays empty, and a text that is not a JSON object
    /// becomes empty, since its content is unknown.
    ///
    /// ```
    /// use genledger::usage::UsageLogOther;
    ///
    /// let text = r#"{"frt":120,"Admin_Info":{"use_channel":["3"]},"x":{"channel_name":"eu"},"y":{}}"#;
    /// assert_eq!(UsageLogOther::from_text(text).for_user().as_str(), r#"{"frt":120,"y":{}}"#);
    /// ```
    #[must_use]
    pub fn for_user(&self) -> Self {
        let mut object = self.0.clone();
        if !object.is_empty() && !object.is_valid() {
            return Self::new();
        }
        object.retain(|name, value| !is_hidden(name) && !contains_hidden(value));
        Self(object)
    }

    /// With every text of a value masked, and the texts of keys that name a secret; `None` if nothing changes, or if it is not a
    /// JSON object.
    pub(in crate::usage) fn masked(&self) -> Option<Self> {
        let text = self.as_str();
        if !self.0.is_valid() {
            return None;
        }
        let (mut output, mut copied, mut is_secret) = (String::new(), 0, false);
        for literal in Literals::of(text) {
            let value = decoded(&text[literal.start..literal.end]);
            if literal.is_key {
                is_secret = value.is_some_and(|name| is_secret_name(&name));
                continue;
            }
            let masked = match &value {
                Some(value) if !is_secret || value.is_empty() => mask(value),
                _ => Cow::Borrowed("***"),
            };
            if value.as_ref() != Some(&masked) {
                output.push_str(&text[copied..literal.start]);
                output.push_str(&serde_json::Value::from(masked).to_string());
                copied = literal.end;
            }
        }
        (copied > 0).then(|| Self::from_text(output + &text[copied..]))
    }
}

fn is_hidden(name: &str) -> bool {
    let name = name.to_lowercase();
    HIDDEN.iter().any(|hidden| name.starts_with(hidden)) || HIDDEN_NAMES.contains(&name.as_str())
}

/// Whether a value contains an object with a hidden key.
fn contains_hidden(value: &str) -> bool {
    let mut keys = Literals::of(value).filter(|literal| literal.is_key);
    keys.any(|key| decoded(&value[key.start..key.end]).is_none_or(|name| is_hidden(&name)))
}

/// The text of a string of JSON; `None` if its escapes are not text.
fn decoded(raw: &str) -> Option<Cow<'_, str>> {
    if raw.contains('\\') {
        serde_json::from_str(raw).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(&raw[1..raw.len() - 1]))
    }
}

/// The strings in a valid JSON text.
struct Literals<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// A string with its quotes.
struct Literal {
    start: usize,
    end: usize,
    is_key: bool,
}

impl<'a> Literals<'a> {
    const fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        Self { bytes, at: 0 }
    }
}

impl Iterator for Literals<'_> {
    type Item = Literal;

    fn next(&mut self) -> Option<Literal> {
        let rest = &self.bytes[self.at..];
        let start = self.at + rest.iter().position(|byte| *byte == b'"')?;
        let mut end = start + 1;
        loop {
            match self.bytes.get(end)? {
                b'\\' => end += 2,
                b'"' => break,
                _ => end += 1,
            }
        }
        end += 1;
        self.at = end;
        let after = self.bytes[end..]
            .iter()
            .find(|byte| !byte.is_ascii_whitespace());
        let is_key = after == Some(&b':');
        Some(Literal { start, end, is_key })
    }
}
