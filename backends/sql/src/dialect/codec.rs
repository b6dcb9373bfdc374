//! Conversions of values for columns with an SQL type that the application chose.

use genledger_contract::table::{Code, ColumnDef, ColumnType, TableDef, UuidFormat};
use genledger_contract::{Error, ErrorKind, Result};

use super::{Dialect, Family, declared};
use crate::introspected::{TypeClass, uuid_chars};

/// The conversion of a column with a chosen type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Codec {
    /// The class of the type.
    pub(crate) class: TypeClass,
    /// The conversion of a value before it is stored; `None` if the database assigns it unchanged.
    pub(crate) write: Option<Write>,
    /// The conversion of a stored value; `None` if drivers read it unchanged.
    pub(crate) read: Option<Read>,
    /// Whether stored values compare like those of the library. Otherwise conditions and orders use
    /// `read`, and cannot use an index.
    pub(crate) ordered: bool,
}

impl Codec {
    /// Whether values are stored and read unchanged.
    pub(crate) const fn is_plain(&self) -> bool {
        self.write.is_none() && self.read.is_none()
    }
}

/// Converts a value of the library to a stored one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Write {
    /// A cast to a type.
    Cast(&'static str),
    /// The 16 bytes of a UUID.
    UuidBytes,
}

/// Converts a stored value to one of the library.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Read {
    /// A cast to text.
    Text,
    /// A UUID as 32 characters.
    SimpleUuid,
    /// A UUID that is stored as 16 bytes.
    UuidBytes(UuidFormat),
    /// Whether a number is not 0.
    Truth,
}

impl Dialect {
    /// The conversion of a column; `None` if it has the type of the library.
    pub(crate) fn codec(&self, column: &ColumnDef) -> Option<Result<Codec>> {
        Some(self.codec_of(self.chosen_type(column)?, column))
    }

    /// The conversion of a column with this type.
    pub(super) fn codec_of(&self, sql: &'static str, column: &ColumnDef) -> Result<Codec> {
        codec(self.family(), sql, column).ok_or_else(|| {
            Error::new(
                ErrorKind::Schema,
                format!("there is no lossless conversion into the type {sql}"),
            )
            .with_column(column.name)
        })
    }

    /// Checks that every column has a conversion.
    ///
    /// # Errors
    /// Returns [`Schema`](ErrorKind::Schema) with the table and the column that has none.
    pub(crate) fn check(&self, table: &TableDef) -> Result<()> {
        for column in table.columns {
            if let Some(codec) = self.codec(column) {
                codec.map_err(|error| error.with_table(table.name))?;
            }
        }
        Ok(())
    }

    /// The conversion for rendering, after [`check`](Self::check).
    pub(crate) fn known_codec(&self, column: &ColumnDef) -> Option<Codec> {
        self.codec(column)?.ok()
    }

    /// Whether the stored values differ from those that are read.
    pub(crate) fn is_converted(&self, column: &ColumnDef) -> bool {
        self.known_codec(column)
            .is_some_and(|codec| codec.read.is_some())
    }

    /// Whether stored values compare like those of the library; see [`Codec::ordered`].
    pub(crate) fn is_ordered(&self, column: &ColumnDef) -> bool {
        self.known_codec(column).is_none_or(|codec| codec.ordered)
    }
}

fn codec(family: Family, sql: &'static str, column: &ColumnDef) -> Option<Codec> {
    let class = declared::class(family, sql);
    let plain = Codec {
        class,
        write: None,
        read: None,
        ordered: true,
    };
    let cast = |to| Codec {
        write: Some(Write::Cast(to)),
        ..plain
    };
    if class.holds(family, column.column_type) {
        // A moment is sent with its zone; without the cast the column would be converted, row by row.
        let zoneless = family == Family::Postgres
            && matches!(class, TypeClass::DateTime { .. })
            && !is_zoned(sql);
        return Some(if zoneless { cast("timestamp") } else { plain });
    }
    match (family, class, column.column_type) {
        // The server rejects a number that does not fit.
        (_, TypeClass::Integer { .. } | TypeClass::Unsigned { .. }, column_type)
            if column_type.is_integer() =>
        {
            Some(plain)
        }
        (Family::MySql, TypeClass::Unsigned { .. }, ColumnType::Bool)
        | (Family::MySql, TypeClass::RewrittenJson, ColumnType::Json) => Some(plain),
        (Family::Postgres, TypeClass::Integer { .. }, ColumnType::Bool) => Some(Codec {
            read: Some(Read::Truth),
            ..cast("integer")
        }),
        (Family::Postgres, TypeClass::Uuid, ColumnType::Uuid(format)) => Some(Codec {
            read: Some(match format {
                UuidFormat::Hyphenated => Read::Text,
                UuidFormat::Simple => Read::SimpleUuid,
            }),
            ..cast("uuid")
        }),
        (Family::MySql, TypeClass::FixedBytes { bytes: 16 }, ColumnType::Uuid(format)) => {
            Some(Codec {
                write: Some(Write::UuidBytes),
                read: Some(Read::UuidBytes(format)),
                ..plain
            })
        }
        (_, TypeClass::FixedText { chars }, ColumnType::Uuid(format))
            if chars == u64::from(uuid_chars(format)) =>
        {
            Some(fixed_text(family, plain))
        }
        (_, TypeClass::FixedText { chars }, ColumnType::Text { .. })
            if codes_fit(column, chars) =>
        {
            Some(Codec {
                ordered: family != Family::Postgres,
                ..fixed_text(family, plain)
            })
        }
        (Family::Postgres, TypeClass::Enum, ColumnType::Text { .. }) => Some(Codec {
            read: Some(Read::Text),
            ordered: false,
            ..cast(sql)
        }),
        // The column sorts in the order of its declaration.
        (Family::MySql, TypeClass::Enum, ColumnType::Text { .. }) => Some(Codec {
            read: Some(Read::Text),
            ordered: false,
            ..plain
        }),
        (Family::Postgres, TypeClass::RewrittenJson, ColumnType::Json) => Some(Codec {
            read: Some(Read::Text),
            ..cast("jsonb")
        }),
        (
            Family::MySql,
            TypeClass::Timestamp { digits },
            ColumnType::DateTime { digits: least },
        ) if digits >= least => Some(plain),
        _ => None,
    }
}

/// CHAR: `PostgreSQL` returns it with its padding, and compares it with text as text.
const fn fixed_text(family: Family, plain: Codec) -> Codec {
    match family {
        Family::Postgres => Codec {
            write: Some(Write::Cast("bpchar")),
            read: Some(Read::Text),
            ..plain
        },
        Family::MySql | Family::Sqlite => plain,
    }
}

fn is_zoned(sql: &str) -> bool {
    let sql = sql.to_ascii_lowercase();
    sql.starts_with("timestamptz") || sql.contains("with time zone")
}

/// Whether the column only contains known codes that fit into this many characters and do not end in
/// spaces, which would be lost.
fn codes_fit(column: &ColumnDef, chars: u64) -> bool {
    let fits = |code: &Code| match code {
        Code::Text(text) => text.chars().count() as u64 <= chars && !text.ends_with(' '),
        Code::Integer(_) => false,
    };
    !column.codes.is_empty() && column.codes.iter().all(|one| fits(&one.code))
}
