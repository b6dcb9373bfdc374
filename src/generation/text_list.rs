//! `TextList`, a JSON list of texts in a column.

use genledger_contract::json::RawJson;
use genledger_contract::row::{ParamSink, RowReader};
use genledger_contract::table::ColumnType;
use genledger_contract::{Field, Result, Violations};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A list of texts (URLs, paths), a JSON list in the database; NULL when it is empty.
///
/// What another program has stored and is not a list of texts is kept as it is: such a list has no items, and
/// [`raw`](Self::raw) returns the text. It can be read and written back, and [`Validate`](crate::validate::Validate)
/// refuses it in a new row.
///
/// ```
/// use genledger::generation::TextList;
///
/// let list = TextList::from(["https://cdn.example/1.png"]);
/// assert_eq!(list.items(), ["https://cdn.example/1.png"]);
/// assert!(!list.is_empty() && list.raw().is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TextList(Content);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Content {
    Items(Vec<String>),
    Raw(String),
}

impl Default for Content {
    fn default() -> Self {
        Self::Items(Vec::new())
    }
}

impl TextList {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self(Content::Items(Vec::new()))
    }

    /// The texts in order; none if the stored JSON is not a list of texts.
    #[must_use]
    pub fn items(&self) -> &[String] {
        match &self.0 {
            Content::Items(items) => items,
            Content::Raw(_) => &[],
        }
    }

    /// Whether nothing is stored: not of JSON that is not a list.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        match &self.0 {
            Content::Items(items) => items.is_empty(),
            Content::Raw(_) => false,
        }
    }

    /// The stored text, if it is not a list of texts.
    #[must_use]
    pub fn raw(&self) -> Option<&str> {
        match &self.0 {
            Content::Items(_) => None,
            Content::Raw(text) => Some(text),
        }
    }

    /// A stored text, as the library or another program has written it.
    fn stored(text: &str) -> Self {
        match serde_json::from_str::<Option<Vec<String>>>(text) {
            Ok(items) => Self(Content::Items(items.unwrap_or_default())),
            Err(_) => Self(Content::Raw(text.to_owned())),
        }
    }

    /// The violation of a list that is not one.
    pub(super) fn check(&self, found: &mut Violations, column: &'static str) {
        let message = "must be a list of texts";
        found.check(self.raw().is_some(), column, "not_a_list", message);
    }
}

impl From<Vec<String>> for TextList {
    fn from(items: Vec<String>) -> Self {
        Self(Content::Items(items))
    }
}

impl<const N: usize> From<[&str; N]> for TextList {
    fn from(items: [&str; N]) -> Self {
        Self(Content::Items(items.map(str::to_owned).into()))
    }
}

/// Stored as JSON. An empty list and NULL are the same.
impl Field for TextList {
    const TYPE: ColumnType = ColumnType::Json;
    const NULLABLE: bool = true;

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        match &self.0 {
            Content::Items(items) if items.is_empty() => sink.null(),
            Content::Items(items) => genledger_contract::entity::write_json(items, sink),
            Content::Raw(text) => sink.json(text),
        }
    }

    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        Ok(row.text(index)?.map(Self::stored))
    }

    fn read(row: &dyn RowReader, index: usize) -> Result<Self> {
        Ok(Self::read_option(row, index)?.unwrap_or_default())
    }
}

/// The list; stored JSON that is not a list of texts as it is, and a stored text that is not JSON as a text.
impl Serialize for TextList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Content::Items(items) => items.serialize(serializer),
            Content::Raw(text) => match serde_json::from_str::<&RawValue>(text) {
                Ok(raw) => raw.serialize(serializer),
                Err(_) => text.serialize(serializer),
            },
        }
    }
}

impl<'de> Deserialize<'de> for TextList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = RawJson::deserialize(deserializer)?.into_json();
        Ok(Self::stored(json.get()))
    }
}

#[cfg(test)]
mod tests {
    use super::TextList;

    #[test]
    fn what_other_programs_store_is_read_and_kept() {
        for empty in ["null", "[]", " [ ] "] {
            assert!(TextList::stored(empty).is_empty(), "{empty}");
        }
        assert_eq!(TextList::stored(r#"["a", "b"]"#).items(), ["a", "b"]);
        for raw in ["{}", "[1]", "\"a\"", "[\"a\"", ""] {
            let list = TextList::stored(raw);
            assert_eq!((list.raw(), list.items().len()), (Some(raw), 0));
            assert!(!list.is_empty());
        }
        let json = |text| serde_json::to_string(&TextList::stored(text)).unwrap();
        assert_eq!(json("{\"a\": 1.50}"), "{\"a\": 1.50}");
        assert_eq!(json("[\"a"), "\"[\\\"a\"");
        let read: TextList = serde_json::from_str(" [\"a\"]").unwrap();
        assert_eq!(read, TextList::from(["a"]));
    }
}
