//! The checks of a column's bounds, the same on every backend since they are made here.

use chrono::{DateTime, Datelike, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::IgnoredAny;

use crate::error::{Error, Result, Violation};
use crate::row::value::ValueRef;
use crate::table::definition::{ColumnDef, TableDef};
use crate::table::kind::{ColumnType, Kind, MAX_TEXT_BYTES};

/// The use of an encoded value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It is stored: every bound of the column holds.
    Write,
    /// It is added to what is stored: it has the column's type, but the column's range is that of
    /// the sum, which only the database sees.
    Add,
    /// It is compared: a value that no row can hold is allowed where it only never matches.
    Compare,
}

fn refuse<T>(
    column: &ColumnDef,
    rule: &'static str,
    message: impl Into<std::borrow::Cow<'static, str>>,
) -> Result<T> {
    Err(Violation::new(column.path(), rule, message).into())
}

pub(super) fn wrong_kind(column: &ColumnDef) -> Error {
    Violation::new(
        column.path(),
        "wrong_kind",
        "accepts values of another kind",
    )
    .into()
}

pub(super) fn unrecognized(column: &ColumnDef) -> Error {
    Violation::new(
        column.path(),
        "unrecognized_code",
        "holds a code that this version does not know; it cannot be newly written",
    )
    .into()
}

pub(super) fn integer(
    column: &ColumnDef,
    purpose: Purpose,
    value: i64,
) -> Result<ValueRef<'static>> {
    if purpose == Purpose::Compare {
        if column.column_type.is_integer() {
            return Ok(ValueRef::I64(value));
        }
        return Err(wrong_kind(column));
    }
    if purpose == Purpose::Write
        && let Some((low, high)) = column.range
        && !(low..=high).contains(&value)
    {
        return refuse(
            column,
            "out_of_range",
            format!("must be from {low} to {high}"),
        );
    }
    let narrow = match column.column_type.kind() {
        Kind::I16 => i16::try_from(value).map(ValueRef::I16).ok(),
        Kind::I32 => i32::try_from(value).map(ValueRef::I32).ok(),
        Kind::I64 => Some(ValueRef::I64(value)),
        _ => return Err(wrong_kind(column)),
    };
    match narrow {
        Some(value) => Ok(value),
        None => refuse(
            column,
            "out_of_range",
            "does not fit the width of its column",
        ),
    }
}

pub(super) fn decimal(
    column: &ColumnDef,
    purpose: Purpose,
    value: Decimal,
) -> Result<(Decimal, bool)> {
    let ColumnType::Decimal { precision, scale } = column.column_type else {
        return Err(wrong_kind(column));
    };
    let scale = u32::from(scale);
    let mut rounded = value.round_dp_with_strategy(scale, RoundingStrategy::ToNegativeInfinity);
    let exact = rounded == value;
    if purpose != Purpose::Compare {
        if !exact {
            return refuse(
                column,
                "too_many_digits",
                format!("has more than {scale} digits after the point"),
            );
        }
        let bound = Decimal::from(10_i64.pow(u32::from(precision) - scale));
        if rounded.abs() >= bound {
            return refuse(
                column,
                "out_of_range",
                format!("must be between -{bound} and {bound}"),
            );
        }
    }
    // One scale in all stores, so that equal values are also written alike. A value that is only
    // compared may be too large to carry more digits; it then keeps its own scale.
    rounded.rescale(scale);
    if rounded.is_zero() {
        rounded.set_sign_positive(true);
    }
    Ok((rounded, exact))
}

pub(super) fn text(
    table: &TableDef,
    column: &ColumnDef,
    purpose: Purpose,
    value: &str,
) -> Result<()> {
    let max_chars = match column.column_type {
        ColumnType::Text { max_chars } => Some(max_chars),
        ColumnType::LongText | ColumnType::Uuid(_) => None,
        _ => return Err(wrong_kind(column)),
    };
    if value.contains('\0') {
        return refuse(column, "nul_character", "contains a NUL character");
    }
    if purpose == Purpose::Compare {
        return Ok(());
    }
    // A text has no more characters than bytes, so counting is needed only for texts near the limit.
    if let Some(max_chars) = max_chars
        && u32::try_from(value.len()).is_ok_and(|bytes| bytes > max_chars)
        && value
            .chars()
            .nth(usize::try_from(max_chars).unwrap_or(usize::MAX))
            .is_some()
    {
        return refuse(
            column,
            "too_long",
            format!("is longer than {max_chars} characters"),
        );
    }
    if value.len() > MAX_TEXT_BYTES {
        return refuse(
            column,
            "too_long",
            format!("is longer than {MAX_TEXT_BYTES} bytes"),
        );
    }
    if table.is_key_column(column.name) {
        // utf8mb4_bin compares as if padded with spaces: 'a' equals 'a ' and sorts after "a\t".
        if value.ends_with(' ') {
            return refuse(column, "trailing_space", "is a key and ends with a space");
        }
        if value.chars().any(|char| char < ' ') {
            return refuse(
                column,
                "control_character",
                "is a key and contains a control character",
            );
        }
    }
    Ok(())
}

pub(super) fn bytes(column: &ColumnDef, value: &[u8]) -> Result<()> {
    if !matches!(column.column_type, ColumnType::Bytes) {
        return Err(wrong_kind(column));
    }
    if value.len() > MAX_TEXT_BYTES {
        return refuse(
            column,
            "too_long",
            format!("is longer than {MAX_TEXT_BYTES} bytes"),
        );
    }
    Ok(())
}

pub(super) fn json(column: &ColumnDef, purpose: Purpose, value: &str) -> Result<()> {
    if !matches!(column.column_type, ColumnType::Json) {
        return Err(wrong_kind(column));
    }
    // Another writer may have stored anything, and such a row can still be compared.
    if purpose == Purpose::Compare {
        return Ok(());
    }
    if value.len() > MAX_TEXT_BYTES {
        return refuse(
            column,
            "too_long",
            format!("is longer than {MAX_TEXT_BYTES} bytes"),
        );
    }
    if serde_json::from_str::<IgnoredAny>(value).is_err() {
        return refuse(column, "not_json", "is not valid JSON");
    }
    // An escaped NUL is valid JSON, but PostgreSQL cannot return a text that contains it.
    if has_escaped_nul(value) {
        return refuse(column, "nul_character", "contains a NUL character");
    }
    Ok(())
}

/// MySQL's DATETIME holds the years 1000 to 9999. Integers hold more, and a moment that another writer stored
/// in one is compared as it is.
pub(super) fn year(column: &ColumnDef, purpose: Purpose, value: DateTime<Utc>) -> Result<()> {
    let bounded =
        purpose == Purpose::Write || matches!(column.column_type, ColumnType::DateTime { .. });
    if !bounded || (1000..=9999).contains(&value.year()) {
        Ok(())
    } else {
        refuse(column, "out_of_range", "must be in the years 1000 to 9999")
    }
}

/// Whether a JSON text contains the escape `\u0000`, not after an escaped backslash. Such JSON is refused,
/// since PostgreSQL cannot return a text that contains it.
#[must_use]
pub fn has_escaped_nul(json: &str) -> bool {
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let escape = &rest[at + 1..];
        if escape.starts_with("u0000") {
            return true;
        }
        // The escaped character is ASCII in valid JSON, so it is one byte.
        rest = escape.get(1..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::has_escaped_nul;

    #[test]
    fn only_an_escape_is_a_nul() {
        assert!(has_escaped_nul(r#""\u0000""#));
        assert!(has_escaped_nul(r#""a\\\u0000""#));
        assert!(!has_escaped_nul(r#""\\u0000""#));
        assert!(!has_escaped_nul(r#""u0000 \n""#));
    }
}
