//! Compares the CHECK constraints and defaults of columns.

use genledger_contract::schema::Severity;
use genledger_contract::table::{ColumnDef, ColumnType, DefaultValue};
use rust_decimal::Decimal;

use super::bounds::{bounds, conditions};
use super::differences::Differences;
use crate::ddl;
use crate::dialect::{Dialect, Family};
use crate::introspected::IntrospectedColumn;

/// Compares the ranges of values. A wider one accepts values that the library reads as corrupt, a
/// narrower one rejects values that the library writes.
pub(super) fn range(
    all: &mut Differences,
    dialect: &Dialect,
    column: &ColumnDef,
    conditions: &[String],
) {
    let whole = whole(dialect, column);
    let within = |(low, high): (i64, i64)| (low.max(whole.0), high.min(whole.1));
    let found = bounds(column, conditions).map(within);
    let wanted = ddl::bounds(dialect, column).map(within);
    // A condition that is always true counts as none.
    if found.unwrap_or(whole) == wanted.unwrap_or(whole) {
        return;
    }
    let spell = |bounds: Option<(i64, i64)>| match bounds {
        None => "no CHECK of the range".to_owned(),
        Some((low, high)) => format!("a CHECK of the range {low} to {high}"),
    };
    all.add(column.name, spell(wanted), spell(found));
}

/// Whether the CHECK constraints, as the database defines them, bound a column otherwise than described.
pub(crate) fn range_differs(dialect: &Dialect, column: &ColumnDef, checks: &[String]) -> bool {
    let mut all = Differences {
        table: "",
        found: Vec::new(),
    };
    let conditions: Vec<String> = checks.iter().flat_map(|text| conditions(text)).collect();
    range(&mut all, dialect, column, &conditions);
    !all.found.is_empty()
}

/// The range of the type. SQLite has one integer type.
fn whole(dialect: &Dialect, column: &ColumnDef) -> (i64, i64) {
    match column.column_type {
        ColumnType::I16 if dialect.family() != Family::Sqlite => (i16::MIN.into(), i16::MAX.into()),
        ColumnType::I32 if dialect.family() != Family::Sqlite => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN, i64::MAX),
    }
}

/// Compares the defaults: they do not affect the library, which fills every column, but other writers.
pub(super) fn default(
    all: &mut Differences,
    dialect: &Dialect,
    column: &ColumnDef,
    found: &IntrospectedColumn,
) {
    let Some(wanted) = column.default else {
        return;
    };
    let literal = ddl::default(dialect, column, wanted);
    let same = found
        .default
        .as_deref()
        .is_some_and(|found| is_same(wanted, &literal, found));
    if !same {
        let found = match &found.default {
            None => "no default".to_owned(),
            Some(found) => format!("DEFAULT {found}"),
        };
        all.push(
            Severity::Differs,
            column.name,
            format!("DEFAULT {literal}"),
            found,
        );
    }
}

fn is_same(wanted: DefaultValue, literal: &str, found: &str) -> bool {
    let (literal, found) = (bare(literal), bare(found));
    match wanted {
        DefaultValue::Bool(value) => {
            let words: [&str; 2] = if value { ["true", "1"] } else { ["false", "0"] };
            words.iter().any(|word| found.eq_ignore_ascii_case(word))
        }
        DefaultValue::Text(_) => literal == found,
        DefaultValue::Integer(_) | DefaultValue::Decimal(_) => {
            let number = |text: &str| text.parse::<Decimal>().ok();
            number(&literal).is_some() && number(&literal) == number(&found)
        }
    }
}

/// Normalizes a default: without parentheses, quotes, and additions of a database: `'a'::text`, `_utf8mb4\'a\'`.
fn bare(text: &str) -> String {
    let mut text = text.trim();
    while let Some(inner) = text
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'))
    {
        text = inner.trim();
    }
    let unescaped = text.replace("\\'", "'");
    let mut text = unescaped.as_str();
    if let Some((value, cast)) = text.rsplit_once("::")
        && !cast.contains('\'')
    {
        text = value;
    }
    text = text.strip_prefix("_utf8mb4").unwrap_or(text);
    while let Some(inner) = text
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'))
    {
        text = inner.trim();
    }
    match text
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''))
    {
        Some(inner) => inner.replace("''", "'"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn defaults_are_bared() {
        for (text, value) in [
            ("0", "0"),
            ("'-1'::integer", "-1"),
            ("(-1)", "-1"),
            ("'it''s'::character varying", "it's"),
            ("''::text", ""),
            ("_utf8mb4\\'a\\'", "a"),
            ("('a')", "a"),
            ("a", "a"),
        ] {
            assert_eq!(bare(text), value, "{text}");
        }
    }
}
