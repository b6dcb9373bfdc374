//! The range of a column's values in CHECK constraints, in any spelling of a database.

use genledger_contract::table::ColumnDef;

/// The conditions of the CHECK constraints in the definition of a table.
pub(super) fn conditions(definition: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = definition;
    while let Some(at) = next_check(rest) {
        rest = &rest[at..];
        let Some(end) = closing(rest) else {
            return found;
        };
        let (condition, behind) = (&rest[1..end], &rest[end..]);
        // MySQL does not enforce it.
        let behind_it: String = behind.chars().skip(1).take(24).collect();
        if !behind_it.to_ascii_uppercase().contains("NOT ENFORCED") {
            found.push(condition.to_owned());
        }
        rest = behind;
    }
    found
}

/// The position of the parenthesis after the next CHECK, outside of quotes.
fn next_check(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if matches!(bytes[at], b'\'' | b'"' | b'`') {
            at += quoted(rest);
            continue;
        }
        let is_word = rest.len() > 5 && rest[..5].eq_ignore_ascii_case(b"check");
        let alone = at == 0 || !bytes[at - 1].is_ascii_alphanumeric() && bytes[at - 1] != b'_';
        if is_word && alone {
            let gap = rest[5..]
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace());
            let open = at + 5 + gap.count();
            if bytes.get(open) == Some(&b'(') {
                return Some(open);
            }
        }
        at += 1;
    }
    None
}

/// The position of the parenthesis that closes the first one of a text.
fn closing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_u32, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'\'' | b'"' | b'`' => {
                at += quoted(&bytes[at..]);
                continue;
            }
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(at),
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The length of a quoted text, including its quotes.
fn quoted(bytes: &[u8]) -> usize {
    let quote = bytes[0];
    let inside = bytes[1..].iter().position(|byte| *byte == quote);
    inside.map_or(bytes.len(), |inside| inside + 2)
}

/// The minimum and maximum that the conditions allow; `None` if no condition bounds the column.
pub(super) fn bounds(column: &ColumnDef, conditions: &[String]) -> Option<(i64, i64)> {
    let all = conditions
        .iter()
        .filter_map(|condition| of_condition(column.name, &plain(condition)));
    all.reduce(|one, other| (one.0.max(other.0), one.1.min(other.1)))
}

/// Normalizes a condition: without spaces, quotes, parentheses and casts.
fn plain(condition: &str) -> String {
    let mut plain = String::new();
    let mut rest = condition.chars().peekable();
    while let Some(char) = rest.next() {
        if char == ':' && rest.peek() == Some(&':') {
            rest.next();
            while rest.next_if(char::is_ascii_alphanumeric).is_some() {}
        } else if !char.is_whitespace() && !"\"'`()".contains(char) {
            plain.push(char.to_ascii_lowercase());
        }
    }
    plain
}

fn of_condition(name: &str, plain: &str) -> Option<(i64, i64)> {
    if let Some(rest) = plain.strip_prefix(name)
        && let Some(range) = rest.strip_prefix("between")
    {
        let (low, high) = range.split_once("and")?;
        return Some((low.parse().ok()?, high.parse().ok()?));
    }
    if plain == format!("{name}in0,1") {
        return Some((0, 1));
    }
    let mut bounds = (i64::MIN, i64::MAX);
    for part in plain.split("and") {
        let rest = part.strip_prefix(name)?;
        if let Some(low) = rest.strip_prefix(">=") {
            bounds.0 = bounds.0.max(low.parse().ok()?);
        } else if let Some(high) = rest.strip_prefix("<=") {
            bounds.1 = bounds.1.min(high.parse().ok()?);
        } else if let Some(low) = rest.strip_prefix('>') {
            bounds.0 = bounds.0.max(low.parse::<i64>().ok()?.saturating_add(1));
        } else if let Some(high) = rest.strip_prefix('<') {
            bounds.1 = bounds.1.min(high.parse::<i64>().ok()?.saturating_sub(1));
        } else {
            return None;
        }
    }
    Some(bounds)
}

#[cfg(test)]
mod tests {
    use super::{conditions, of_condition, plain};

    #[test]
    fn conditions_are_found() {
        let definition = "CREATE TABLE `a` (\n `check` int DEFAULT 0 COMMENT 'a check (b > 1)' \
            CHECK (`check` between 0 and 9),\n CONSTRAINT x_check CHECK ((`b` in ('a)','b'))), \
            c INT, CHECK (c > 0) /*!80016 NOT ENFORCED */)";
        assert_eq!(
            conditions(definition),
            ["`check` between 0 and 9", "(`b` in ('a)','b'))"]
        );
        assert_eq!(conditions("CHECK ((open"), Vec::<String>::new());
    }

    #[test]
    fn every_spelling_of_a_range_is_one() {
        for condition in [
            "\"tries\" BETWEEN -32768 AND 10",
            "(`tries` between -(32768) and 10)",
            "((tries >= '-32768'::integer) AND (tries <= 10))",
            "tries > -32769 and tries < 11",
        ] {
            let plain = plain(condition);
            assert_eq!(
                of_condition("tries", &plain),
                Some((-32_768, 10)),
                "{plain}"
            );
        }
        assert_eq!(
            of_condition("is_set", &plain("\"is_set\" IN (0, 1)")),
            Some((0, 1))
        );
        assert_eq!(of_condition("a", &plain("a >= 0")), Some((0, i64::MAX)));
        for other in ["a >= 0 OR b", "length(a) < 5", "ab >= 1", "json_valid(a)"] {
            assert_eq!(of_condition("a", &plain(other)), None, "{other}");
        }
    }
}
