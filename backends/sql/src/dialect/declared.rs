//! The class of an SQL type, parsed from its declaration.

use super::family::Family;
use crate::introspected::TypeClass;

/// The class of a declared type; [`Other`](TypeClass::Other) when it is unknown.
pub(super) fn class(family: Family, sql: &str) -> TypeClass {
    let words = Words::of(sql);
    match family {
        Family::Sqlite => sqlite(&words),
        Family::Postgres => postgres(&words),
        Family::MySql => mysql(&words),
    }
}

/// A parsed type: `varchar(20) COLLATE "C"` is `varchar`, 20, and the rest.
struct Words {
    name: String,
    sizes: Vec<u32>,
    rest: String,
}

impl Words {
    fn of(sql: &str) -> Self {
        let sql = sql.trim().to_ascii_lowercase();
        let (name, tail) = match sql.split_once('(') {
            Some((name, tail)) => (name.trim(), tail),
            None => match sql.find([' ', '\t']) {
                Some(end) => (&sql[..end], ""),
                None => (sql.as_str(), ""),
            },
        };
        let (sizes, rest) = match tail.rsplit_once(')') {
            Some((sizes, rest)) => (sizes, rest),
            None => ("", &sql[name.len()..]),
        };
        Self {
            name: name.to_owned(),
            sizes: sizes
                .split(',')
                .filter_map(|size| size.trim().parse().ok())
                .collect(),
            rest: rest.trim().to_owned(),
        }
    }

    fn size(&self) -> Option<u32> {
        self.sizes.first().copied()
    }

    fn digits(&self, without: u8) -> u8 {
        self.size()
            .map_or(without, |size| u8::try_from(size).unwrap_or(0))
    }

    fn decimal(&self, without: (u32, u32)) -> TypeClass {
        let (precision, scale) = match self.sizes[..] {
            [] => without,
            [precision] => (precision, 0),
            [precision, scale, ..] => (precision, scale),
        };
        TypeClass::Decimal { precision, scale }
    }

    fn text(&self) -> TypeClass {
        TypeClass::Text {
            max_chars: self.size().map(u64::from),
        }
    }

    fn fixed_text(&self) -> TypeClass {
        TypeClass::FixedText {
            chars: self.size().unwrap_or(1).into(),
        }
    }
}

/// By the affinity rules of SQLite.
fn sqlite(words: &Words) -> TypeClass {
    let is = |part| words.name.contains(part);
    if is("int") {
        TypeClass::Integer { bytes: 8 }
    } else if is("char") || is("clob") || is("text") {
        TypeClass::Text { max_chars: None }
    } else if is("blob") {
        TypeClass::Bytes
    } else if is("bool") {
        TypeClass::Bool
    } else {
        TypeClass::Other
    }
}

fn postgres(words: &Words) -> TypeClass {
    match words.name.as_str() {
        "boolean" | "bool" => TypeClass::Bool,
        "smallint" | "int2" => TypeClass::Integer { bytes: 2 },
        "integer" | "int" | "int4" => TypeClass::Integer { bytes: 4 },
        "bigint" | "int8" => TypeClass::Integer { bytes: 8 },
        // Without bounds it accepts any number of the contract.
        "numeric" | "decimal" => words.decimal((1_000, 500)),
        "text" => TypeClass::Text { max_chars: None },
        "varchar" | "character varying" => words.text(),
        "character" if words.rest.starts_with("varying") => words.text(),
        "char" | "character" | "bpchar" => words.fixed_text(),
        "bytea" => TypeClass::Bytes,
        "json" => TypeClass::Json,
        "jsonb" => TypeClass::RewrittenJson,
        "uuid" => TypeClass::Uuid,
        "timestamp" | "timestamptz" => TypeClass::DateTime {
            digits: words.digits(6),
        },
        "real" | "double" | "float" | "float4" | "float8" | "money" | "citext" | "xml" | "date"
        | "time" | "timetz" | "interval" | "inet" | "cidr" | "bit" | "varbit" | "name"
        | "hstore" | "serial" | "bigserial" | "smallserial" | "oid" | "point" | "ltree"
        | "tsvector" => TypeClass::Other,
        // An enum type of the application.
        name if words.rest.is_empty() && words.sizes.is_empty() && is_plain(name) => {
            TypeClass::Enum
        }
        _ => TypeClass::Other,
    }
}

/// Whether a name, with or without a schema, needs no quotes in SQL.
fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
    name.bytes().all(plain) && name.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// The most bytes of a character.
const CHAR_BYTES: u64 = 4;

fn mysql(words: &Words) -> TypeClass {
    let integer = |bytes| {
        if words.rest.contains("unsigned") {
            TypeClass::Unsigned { bytes }
        } else {
            TypeClass::Integer { bytes }
        }
    };
    let text_of_bytes = |bytes: u64| TypeClass::Text {
        max_chars: Some(bytes / CHAR_BYTES),
    };
    match words.name.as_str() {
        "tinyint" | "bool" | "boolean" => integer(1),
        "smallint" => integer(2),
        "mediumint" => integer(3),
        "int" | "integer" => integer(4),
        "bigint" => integer(8),
        "decimal" | "numeric" if !words.rest.contains("unsigned") => words.decimal((10, 0)),
        "varchar" => words.text(),
        "char" => words.fixed_text(),
        "tinytext" => text_of_bytes(255),
        "text" => text_of_bytes(65_535),
        "mediumtext" => text_of_bytes(16_777_215),
        "longtext" => TypeClass::Text { max_chars: None },
        "mediumblob" | "longblob" => TypeClass::Bytes,
        "binary" => TypeClass::FixedBytes {
            bytes: words.size().unwrap_or(1).into(),
        },
        "json" => TypeClass::RewrittenJson,
        "enum" => TypeClass::Enum,
        "datetime" => TypeClass::DateTime {
            digits: words.digits(0),
        },
        "timestamp" => TypeClass::Timestamp {
            digits: words.digits(0),
        },
        _ => TypeClass::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Family, TypeClass, class};

    #[test]
    fn types_are_taken_apart() {
        use TypeClass::{
            Bool, DateTime, Decimal, Enum, FixedBytes, FixedText, Integer, Other, RewrittenJson,
            Text, Timestamp, Unsigned, Uuid,
        };
        let text = |max_chars| Text { max_chars };
        for (family, sql, expected) in [
            (Family::Postgres, "uuid", Uuid),
            (Family::Postgres, "JSONB", RewrittenJson),
            (
                Family::Postgres,
                "varchar(20) COLLATE \"C\"",
                text(Some(20)),
            ),
            (Family::Postgres, "character varying (20)", text(Some(20))),
            (Family::Postgres, "character varying", text(None)),
            (Family::Postgres, "char(36)", FixedText { chars: 36 }),
            (Family::Postgres, "timestamp", DateTime { digits: 6 }),
            (
                Family::Postgres,
                "timestamp(3) with time zone",
                DateTime { digits: 3 },
            ),
            (
                Family::Postgres,
                "numeric(18, 6)",
                Decimal {
                    precision: 18,
                    scale: 6,
                },
            ),
            (Family::Postgres, "double precision", Other),
            (Family::Postgres, "shop.mood", Enum),
            (Family::Postgres, "mood[]", Other),
            (Family::Postgres, "mood; DROP TABLE a", Other),
            (Family::MySql, "TINYINT(1)", Integer { bytes: 1 }),
            (Family::MySql, "int(10) unsigned", Unsigned { bytes: 4 }),
            (Family::MySql, "bigint unsigned", Unsigned { bytes: 8 }),
            (Family::MySql, "timestamp(3) NULL", Timestamp { digits: 3 }),
            (Family::MySql, "timestamp", Timestamp { digits: 0 }),
            (Family::MySql, "ENUM('a', 'b')", Enum),
            (Family::MySql, "binary(16)", FixedBytes { bytes: 16 }),
            (Family::MySql, "text", text(Some(16_383))),
            (Family::MySql, "double", Other),
            (Family::Sqlite, "VARCHAR(36)", text(None)),
            (Family::Sqlite, "TINYINT(1)", Integer { bytes: 8 }),
            (Family::Sqlite, "BOOLEAN", Bool),
            (Family::Sqlite, "DATETIME", Other),
        ] {
            assert_eq!(class(family, sql), expected, "{sql}");
        }
    }
}
