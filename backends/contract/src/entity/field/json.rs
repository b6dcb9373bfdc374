//! JSON columns: the library's own text, never reordered or normalised.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::entity::field::Field;
use crate::error::{Error, Result, Violation};
use crate::row::reader::RowReader;
use crate::row::sink::ParamSink;
use crate::table::kind::ColumnType;

/// JSON text, kept exactly as it was written: key order, white space and the digits of numbers
/// survive.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JsonText(String);

impl JsonText {
    /// A text that is valid JSON.
    ///
    /// # Errors
    /// Returns [`Invalid`](crate::ErrorKind::Invalid) when the text is not valid JSON.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
            Ok(_) => Ok(Self(text)),
            Err(error) => Err(
                Error::from(Violation::new("json", "not_json", "is not valid JSON"))
                    .with_source(JsonFault::from_serde(&error)),
            ),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Field for JsonText {
    const TYPE: ColumnType = ColumnType::Json;

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.json(&self.0)
    }

    #[inline]
    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        // Stored JSON is not parsed here: an error is found where the text is used.
        Ok(row.text(index)?.map(|text| Self(text.to_owned())))
    }
}

/// A value that is stored as JSON text: the type of the column of a `#[column(json)]` field, so that
/// it can be set, and a field type of its own.
///
/// ```
/// # use genledger_contract::Entity;
/// # use genledger_contract::entity::Json;
/// # /// A task.
/// # #[derive(Clone, Debug, Entity)]
/// # #[entity(crate = genledger_contract, table = "tasks", key(id))]
/// # struct Task {
/// #     /// Its number.
/// #     id: i64,
/// #     /// Words.
/// #     #[column(json)]
/// #     tags: Vec<String>,
/// # }
/// let change = Task::TAGS.set(Json(vec!["new".to_owned()]));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Json<T>(pub T);

impl<T: Serialize + DeserializeOwned> Field for Json<T> {
    const TYPE: ColumnType = ColumnType::Json;

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        write_json(&self.0, sink)
    }

    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        Ok(read_json(row, index)?.map(Self))
    }
}

/// Writes any serialisable value as JSON text; `#[column(json)]` uses it.
///
/// # Errors
/// Returns [`Invalid`](crate::ErrorKind::Invalid) when the value cannot be serialised, and the errors of the
/// sink.
pub fn write_json<T: Serialize>(value: &T, sink: &mut dyn ParamSink) -> Result<()> {
    let text = serde_json::to_string(value).map_err(|error| {
        Error::invalid("the value cannot be written as JSON")
            .with_source(JsonFault::from_serde(&error))
    })?;
    sink.json(&text)
}

/// Reads a value from JSON text; `#[column(json)]` uses it.
///
/// # Errors
/// Returns [`Corrupt`](crate::ErrorKind::Corrupt) when the text cannot be read as `T`.
pub fn read_json<T: DeserializeOwned>(row: &dyn RowReader, index: usize) -> Result<Option<T>> {
    let Some(text) = row.text(index)? else {
        return Ok(None);
    };
    serde_json::from_str(text).map(Some).map_err(|error| {
        Error::corrupt("the stored JSON cannot be read")
            .with_column(row.column(index).name)
            .with_source(JsonFault::from_serde(&error))
    })
}

/// Reads a value from JSON text with a function that accepts more than the value's own `Deserialize`, such as
/// the forms that other programs write; `#[column(json, read_with = …)]` uses it. The function gets `None`
/// for NULL and returns `None` for a text that it cannot read.
///
/// # Errors
/// Returns [`Corrupt`](crate::ErrorKind::Corrupt) when the function cannot read the text.
pub fn read_json_with<T>(
    row: &dyn RowReader,
    index: usize,
    read: impl FnOnce(Option<&str>) -> Option<T>,
) -> Result<T> {
    read(row.text(index)?).ok_or_else(|| {
        Error::corrupt("the stored JSON cannot be read").with_column(row.column(index).name)
    })
}

/// What is wrong with a JSON text, and where. The messages of `serde_json` quote the text, which may be a
/// secret.
#[derive(Debug, thiserror::Error)]
#[error("{what}, at line {line}, column {column}")]
struct JsonFault {
    what: &'static str,
    line: usize,
    column: usize,
}

impl JsonFault {
    fn from_serde(error: &serde_json::Error) -> Self {
        Self {
            what: match error.classify() {
                Category::Io => "it cannot be transferred",
                Category::Syntax => "it is not JSON",
                Category::Data => "it does not hold what is expected",
                Category::Eof => "it ends too early",
            },
            line: error.line(),
            column: error.column(),
        }
    }
}
