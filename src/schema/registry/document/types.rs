//! Converts column types to names of SQL types, and back.

use super::FieldDocument;
use crate::contract::table::{ColumnType, UuidFormat};

/// The SQL type, and what it means where it has several meanings.
pub(super) fn name(column_type: ColumnType) -> (String, Option<&'static str>) {
    let plain = |name: &str| (name.to_owned(), None);
    let meant = |name: &str, meaning| (name.to_owned(), Some(meaning));
    match column_type {
        ColumnType::Bool => plain("BOOLEAN"),
        ColumnType::I16 => plain("SMALLINT"),
        ColumnType::I32 => plain("INT"),
        ColumnType::I64 => plain("BIGINT"),
        ColumnType::Decimal { precision, scale } => plain(&format!("DECIMAL({precision},{scale})")),
        ColumnType::Text { max_chars } => plain(&format!("VARCHAR({max_chars})")),
        ColumnType::LongText => plain("LONGTEXT"),
        ColumnType::Bytes => plain("LONGBLOB"),
        ColumnType::Json => meant("LONGTEXT", "json"),
        ColumnType::UnixSeconds => meant("BIGINT", "unix_seconds"),
        ColumnType::UnixMillis => meant("BIGINT", "unix_millis"),
        ColumnType::DateTime { digits } => plain(&format!("DATETIME({digits})")),
        ColumnType::Uuid(UuidFormat::Simple) => meant("VARCHAR(32)", "uuid_simple"),
        ColumnType::Uuid(UuidFormat::Hyphenated) => meant("VARCHAR(36)", "uuid_hyphenated"),
        // A type that is newer than this list: it gets a name that cannot be read back.
        other => plain(&format!("{other:?}")),
    }
}

impl FieldDocument {
    /// The type of the column; `None` for a type that this library does not have.
    ///
    /// ```
    /// use genledger::contract::table::ColumnType;
    /// use genledger::schema::registry::FieldDocument;
    ///
    /// let json = r#"{"name":"amount","type":"DECIMAL(15,6)","nullable":false,"default":0.0,"comment":""}"#;
    /// let field: FieldDocument = serde_json::from_str(json)?;
    /// let decimal = ColumnType::Decimal { precision: 15, scale: 6 };
    /// assert_eq!(field.column_type(), Some(decimal));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn column_type(&self) -> Option<ColumnType> {
        let meaning = self
            .extras
            .as_ref()
            .and_then(|extras| extras.meaning.as_deref());
        match meaning {
            Some("json") => return Some(ColumnType::Json),
            Some("unix_seconds") => return Some(ColumnType::UnixSeconds),
            Some("unix_millis") => return Some(ColumnType::UnixMillis),
            Some("uuid_simple") => return Some(ColumnType::Uuid(UuidFormat::Simple)),
            Some("uuid_hyphenated") => return Some(ColumnType::Uuid(UuidFormat::Hyphenated)),
            Some(_) => return None,
            None => {}
        }
        let (name, numbers) = match self.sql_type.split_once('(') {
            Some((name, rest)) => (name, rest.strip_suffix(')')?),
            None => (self.sql_type.as_str(), ""),
        };
        Some(match (name.trim(), numbers) {
            ("BOOLEAN", "") => ColumnType::Bool,
            ("SMALLINT", "") => ColumnType::I16,
            ("INT", "") => ColumnType::I32,
            ("BIGINT", "") => ColumnType::I64,
            ("LONGTEXT" | "TEXT", "") => ColumnType::LongText,
            ("LONGBLOB", "") => ColumnType::Bytes,
            ("VARCHAR", chars) => ColumnType::Text {
                max_chars: chars.trim().parse().ok()?,
            },
            // Without digits a date-time has whole seconds, which a finer column holds too.
            ("DATETIME", "") => ColumnType::DateTime { digits: 3 },
            ("DATETIME", digits) => ColumnType::DateTime {
                digits: digits.trim().parse().ok()?,
            },
            ("DECIMAL", numbers) => {
                let (precision, scale) = numbers.split_once(',')?;
                ColumnType::Decimal {
                    precision: precision.trim().parse().ok()?,
                    scale: scale.trim().parse().ok()?,
                }
            }
            _ => return None,
        })
    }
}
