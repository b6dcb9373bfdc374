//! Classes of the types of the server.

use genledger_sql::TypeClass;

/// The length of the header that the server adds to the modifier of a type with a length.
const HEADER: i64 = 4;

/// The most digits of an unbounded `numeric` before and after the point.
const WHOLE_DIGITS: u32 = 131_072;
const FRACTION_DIGITS: u32 = 16_383;

/// The class of a type, from its name in the catalog and its modifier, -1 for none.
pub(super) fn class(name: &str, modifier: i64) -> TypeClass {
    match name {
        "bool" => TypeClass::Bool,
        "int2" => TypeClass::Integer { bytes: 2 },
        "int4" => TypeClass::Integer { bytes: 4 },
        "int8" => TypeClass::Integer { bytes: 8 },
        "numeric" => decimal(modifier),
        "text" => TypeClass::Text { max_chars: None },
        "varchar" => TypeClass::Text {
            max_chars: u64::try_from(modifier - HEADER).ok(),
        },
        "bytea" => TypeClass::Bytes,
        "json" => TypeClass::Json,
        "jsonb" => TypeClass::RewrittenJson,
        "uuid" => TypeClass::Uuid,
        "enum" => TypeClass::Enum,
        "bpchar" => TypeClass::FixedText {
            chars: u64::try_from(modifier - HEADER).unwrap_or(1),
        },
        "timestamp" | "timestamptz" => TypeClass::DateTime {
            digits: u8::try_from(modifier).unwrap_or(6),
        },
        _ => TypeClass::Other,
    }
}

/// Precision and scale share one number: 16 bits each, the scale of 11 bits with a sign.
fn decimal(modifier: i64) -> TypeClass {
    match u32::try_from(modifier - HEADER) {
        Ok(bounds) => TypeClass::Decimal {
            precision: bounds >> 16,
            scale: bounds & 0x3ff,
        },
        Err(_) => TypeClass::Decimal {
            precision: WHOLE_DIGITS + FRACTION_DIGITS,
            scale: FRACTION_DIGITS,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{TypeClass, class};

    #[test]
    fn modifiers_are_taken_apart() {
        assert_eq!(
            class("numeric", ((18 << 16) | 6) + 4),
            TypeClass::Decimal {
                precision: 18,
                scale: 6
            }
        );
        assert_eq!(
            class("varchar", 68),
            TypeClass::Text {
                max_chars: Some(64)
            }
        );
        assert_eq!(class("varchar", -1), TypeClass::Text { max_chars: None });
        assert_eq!(class("timestamptz", 3), TypeClass::DateTime { digits: 3 });
        assert_eq!(class("timestamptz", -1), TypeClass::DateTime { digits: 6 });
        assert_eq!(class("jsonb", -1), TypeClass::RewrittenJson);
        assert_eq!(class("bpchar", 40), TypeClass::FixedText { chars: 36 });
        assert_eq!(class("money", -1), TypeClass::Other);
    }
}
