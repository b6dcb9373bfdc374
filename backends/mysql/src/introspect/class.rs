//! Classes of the types of the server.

use genledger_sql::TypeClass;

/// The sizes of a type; -1 where it has none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sizes {
    pub(super) chars: i64,
    pub(super) precision: i64,
    pub(super) scale: i64,
    pub(super) digits: i64,
}

/// The most bytes of a character.
const CHAR_BYTES: u64 = 4;

/// The class of a type, from its name, its spelling and its sizes.
pub(super) fn class(name: &str, spelled: &str, sizes: &Sizes) -> TypeClass {
    let integer = |bytes| {
        if spelled.contains("unsigned") {
            TypeClass::Unsigned { bytes }
        } else {
            TypeClass::Integer { bytes }
        }
    };
    let digits = u8::try_from(sizes.digits).unwrap_or(0);
    match name.to_ascii_lowercase().as_str() {
        "tinyint" => integer(1),
        "smallint" => integer(2),
        "mediumint" => integer(3),
        "int" => integer(4),
        "bigint" => integer(8),
        "decimal" if spelled.contains("unsigned") => TypeClass::Other,
        "decimal" => match (u32::try_from(sizes.precision), u32::try_from(sizes.scale)) {
            (Ok(precision), Ok(scale)) => TypeClass::Decimal { precision, scale },
            _ => TypeClass::Other,
        },
        "varchar" => TypeClass::Text {
            max_chars: u64::try_from(sizes.chars).ok(),
        },
        // The catalog reports their size in bytes.
        "tinytext" | "text" | "mediumtext" => TypeClass::Text {
            max_chars: u64::try_from(sizes.chars)
                .ok()
                .map(|bytes| bytes / CHAR_BYTES),
        },
        "longtext" => TypeClass::Text { max_chars: None },
        "mediumblob" | "longblob" => TypeClass::Bytes,
        "datetime" => TypeClass::DateTime { digits },
        "timestamp" => TypeClass::Timestamp { digits },
        "json" => TypeClass::RewrittenJson,
        "enum" => TypeClass::Enum,
        "char" => TypeClass::FixedText {
            chars: u64::try_from(sizes.chars).unwrap_or(1),
        },
        "binary" => TypeClass::FixedBytes {
            bytes: u64::try_from(sizes.chars).unwrap_or(1),
        },
        _ => TypeClass::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Sizes, TypeClass, class};

    #[test]
    fn sizes_are_understood() {
        let sizes = Sizes {
            chars: 65_535,
            precision: 18,
            scale: 6,
            digits: 3,
        };
        let of = |name: &str, spelled: &str| class(name, spelled, &sizes);
        assert_eq!(of("bigint", "bigint(20)"), TypeClass::Integer { bytes: 8 });
        assert_eq!(
            of("bigint", "bigint(20) unsigned"),
            TypeClass::Unsigned { bytes: 8 }
        );
        assert_eq!(of("decimal", "decimal(18,6) unsigned"), TypeClass::Other);
        assert_eq!(
            of("decimal", "decimal(18,6)"),
            TypeClass::Decimal {
                precision: 18,
                scale: 6
            }
        );
        assert_eq!(
            of("text", "text"),
            TypeClass::Text {
                max_chars: Some(16_383)
            }
        );
        assert_eq!(
            of("longtext", "longtext"),
            TypeClass::Text { max_chars: None }
        );
        assert_eq!(
            of("datetime", "datetime(3)"),
            TypeClass::DateTime { digits: 3 }
        );
        assert_eq!(of("json", "json"), TypeClass::RewrittenJson);
        assert_eq!(
            of("timestamp", "timestamp(3)"),
            TypeClass::Timestamp { digits: 3 }
        );
        assert_eq!(of("set", "set('a')"), TypeClass::Other);
    }
}
