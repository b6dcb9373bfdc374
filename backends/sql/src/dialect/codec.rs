//! How values pass into a column whose SQL type is not the library's own choice, and back.

use genledger_contract::table::{Code, ColumnDef, ColumnType, TableDef, UuidFormat};
use genledger_contract::{Error, ErrorKind, Result};

use super::{Dialect, Family, declared, uuid_chars};
use crate::introspected::TypeClass;

/// The conversion of a column that has a type of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Codec {
    /// What the column holds.
    pub(crate) class: TypeClass,
    /// What a value goes through before it is stored; nothing where the database assigns it as it is.
    pub(crate) write: Option<Write>,
    /// What makes the stored value one of the library's again; nothing where drivers read it as it is.
    pub(crate) read: Option<Read>,
    /// Whether stored values are equal and ordered as the library's are. Otherwise conditions and orders
    /// go through `read`, and no index serves them.
    pub(crate) ordered: bool,
}

impl Codec {
    /// Whether values are stored and read as they are.
    pub(crate) const fn is_plain(&self) -> bool {
        self.write.is_none() && self.read.is_none()
    }
}

/// From a value of the library to a stored one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Write {
    /// A cast to a type.
    Cast(&'static str),
    /// The 16 bytes of a UUID.
    UuidBytes,
}

/// From a stored value to one of the library.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Read {
    /// As text.
    Text,
    /// A UUID as 32 characters.
    SimpleUuid,
    /// A UUID that is stored as 16 bytes.
    UuidBytes(UuidFormat),
    /// Whether a number is not 0.
    Truth,
}

impl Dialect {
    /// The conversion of a column, or nothing when the column has no type of its own.
    pub(crate) fn codec(&self, column: &ColumnDef) -> Option<Result<Codec>> {
        Some(self.codec_of(self.own_type(column)?, column))
    }

    /// The conversion of a column if it has this type.
    pub(super) fn codec_of(&self, sql: &'static str, column: &ColumnDef) -> Result<Codec> {
        codec(self.family(), sql, column).ok_or_else(|| {
            Error::new(
                ErrorKind::Schema,
                format!("there is no conversion into the type {sql} that loses nothing"),
            )
            .with_column(column.name)
        })
    }

    /// Refuses columns with a type that has no conversion.
    ///
    /// # Errors
    /// [`Schema`](ErrorKind::Schema) with the table and the column.
    pub(crate) fn check(&self, table: &TableDef) -> Result<()> {
        for column in table.columns {
            if let Some(codec) = self.codec(column) {
                codec.map_err(|error| error.with_table(table.name))?;
            }
        }
        Ok(())
    }

    /// The conversion for rendering: [`check`](Self::check) has refused columns that have none.
    pub(crate) fn known_codec(&self, column: &ColumnDef) -> Option<Codec> {
        self.codec(column)?.ok()
    }

    /// Whether the column holds something else than what is read from it.
    pub(crate) fn is_converted(&self, column: &ColumnDef) -> bool {
        self.known_codec(column)
            .is_some_and(|codec| codec.read.is_some())
    }

    /// Whether values of the column are stored as they are compared; see [`Codec::ordered`].
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
        // A moment is sent with its zone, which would be converted row by row.
        let zoneless = family == Family::Postgres
            && matches!(class, TypeClass::DateTime { .. })
            && !is_zoned(sql);
        return Some(if zoneless { cast("timestamp") } else { plain });
    }
    match (family, class, column.column_type) {
        // A number that does not fit is refused by the server.
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
        // Its own order is that of its declaration.
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

/// CHAR: `PostgreSQL` reads it with its padding, and compares it with text as text.
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

/// Whether the column only takes known codes, which are as long as that at most. A text that ends in
/// spaces would lose them.
fn codes_fit(column: &ColumnDef, chars: u64) -> bool {
    let fits = |code: &Code| match code {
        Code::Text(text) => text.chars().count() as u64 <= chars && !text.ends_with(' '),
        Code::Integer(_) => false,
    };
    !column.codes.is_empty() && column.codes.iter().all(|one| fits(&one.code))
}
