//! A JSON object as its text.

use std::borrow::Cow;
use std::fmt;

use genledger_contract::row::{ParamSink, RowReader};
use genledger_contract::table::ColumnType;
use genledger_contract::{Error, Field, Result};

use super::input::JsonInput;
use super::key::JsonKey;
use super::scan::{Entry, entries};
use super::value::{JsonValue, is_json};

/// A JSON object that is kept as text. A key is read, set or removed without touching a byte of the
/// others: their order, their white space and the digits of their numbers survive, also of
/// unknown keys. Nothing is parsed until it is read.
///
/// The empty text is the empty object, and stays the empty text.
///
/// ```
/// use genledger::json::{JsonKey, JsonObject};
///
/// const RATIO: JsonKey<rust_decimal::Decimal> = JsonKey::new("ratio");
///
/// let mut object = JsonObject::from_text(r#"{"b": 1.50,"ratio":2}"#);
/// object.set(RATIO, 0.25);
/// assert_eq!(object.as_str(), r#"{"b": 1.50,"ratio":0.25}"#);
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct JsonObject(String);

impl JsonObject {
    /// The empty object.
    #[must_use]
    pub const fn new() -> Self {
        Self(String::new())
    }

    /// Keeps any text as it is. Errors in it are found when it is used: reading a key
    /// returns an error, and validation lists everything.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the text is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a key; `None` when it is absent or `null`.
    ///
    /// # Errors
    /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt) when the text is not a JSON object, or the
    /// value is of another kind.
    pub fn get<T: JsonValue>(&self, key: JsonKey<T>) -> Result<Option<T>> {
        match self.raw(key.name())? {
            None | Some("null") => Ok(None),
            Some(value) => T::from_json(value)
                .map(Some)
                .ok_or_else(|| Error::corrupt(T::EXPECTED).with_column(key.name())),
        }
    }

    /// The JSON text of the value of any key. Of a key that is present twice, the last counts, as in
    /// Go and JavaScript.
    ///
    /// # Errors
    /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt) when the text is not a JSON object.
    pub fn raw(&self, name: &str) -> Result<Option<&str>> {
        if self.is_blank() {
            return Ok(None);
        }
        let entries = self
            .entries()
            .ok_or_else(|| Error::corrupt("the text is not a JSON object"))?;
        let last = entries.iter().rfind(|entry| entry.name(&self.0) == name);
        Ok(last.map(|entry| &self.0[entry.value.clone()]))
    }

    /// Sets a key: in its place if it is present, at the end otherwise. A text that is not a JSON object
    /// is left as it is; validation refuses it.
    pub fn set<T>(&mut self, key: JsonKey<T>, value: impl JsonInput<T>) -> &mut Self {
        self.set_raw(key.name(), &value.into_json());
        self
    }

    /// The object with a key set.
    #[must_use]
    pub fn with<T>(mut self, key: JsonKey<T>, value: impl JsonInput<T>) -> Self {
        self.set(key, value);
        self
    }

    /// Removes the keys with these names, every occurrence of them; returns whether any was present.
    pub fn remove(&mut self, names: &[&str]) -> bool {
        self.retain(|name, _| !names.contains(&name))
    }

    /// Keeps the entries for whose name and value the function returns true; returns whether any was removed.
    pub(crate) fn retain(&mut self, keeps: impl Fn(&str, &str) -> bool) -> bool {
        let Some(all) = self.entries() else {
            return false;
        };
        let is_kept = |entry: &&Entry| keeps(&entry.name(&self.0), &self.0[entry.value.clone()]);
        let kept: Vec<&str> = all
            .iter()
            .filter(is_kept)
            .map(|entry| &self.0[entry.key.start..entry.value.end])
            .collect();
        if kept.len() == all.len() {
            return false;
        }
        self.0 = format!("{{{}}}", kept.join(","));
        true
    }

    /// The keys and the JSON texts of their values in order; `None` when the text is not an object.
    #[must_use]
    pub fn named_entries(&self) -> Option<Vec<(Cow<'_, str>, &str)>> {
        let entries = self.entries()?;
        let pair = |entry: Entry| (entry.name(&self.0), &self.0[entry.value]);
        Some(entries.into_iter().map(pair).collect())
    }

    /// Whether the text is exactly one JSON object.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.entries().is_some() && is_json(&self.0)
    }

    fn set_raw(&mut self, name: &str, value: &str) {
        if self.is_blank() {
            "{}".clone_into(&mut self.0);
        }
        let Some(entries) = self.entries() else {
            return;
        };
        if let Some(entry) = entries.iter().rfind(|entry| entry.name(&self.0) == name) {
            self.0.replace_range(entry.value.clone(), value);
            return;
        }
        let comma = if entries.is_empty() { "" } else { "," };
        // Names are Rust literals, but may contain a quote.
        let name = JsonInput::<String>::into_json(name);
        let end = entries.last().map_or_else(
            || self.0.find('{').map(|at| at + 1),
            |last| Some(last.value.end),
        );
        if let Some(end) = end {
            self.0.insert_str(end, &format!("{comma}{name}:{value}"));
        }
    }

    /// No text, or `null`, which other writers store for an empty object.
    fn is_blank(&self) -> bool {
        matches!(self.0.trim_ascii(), "" | "null")
    }

    fn entries(&self) -> Option<Vec<Entry>> {
        entries(&self.0)
    }
}

/// Stored as its own text. An object without members is `{}`, since an empty text is not valid JSON.
impl Field for JsonObject {
    const TYPE: ColumnType = ColumnType::Json;

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.json(&self.0)
    }

    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        // Nothing is parsed: errors are found when a key is read.
        Ok(row.text(index)?.map(Self::from_text))
    }
}

impl fmt::Debug for JsonObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "{}" } else { &self.0 })
    }
}

#[cfg(test)]
mod tests;
