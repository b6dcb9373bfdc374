//! The names in the messages of the server, which has no other place for them.

/// The key, column or constraint that a message is about.
///
/// Values stand before names in these messages, so names are looked for from the end.
pub(super) fn item(number: u16, message: &str) -> Option<&str> {
    match number {
        // Duplicate entry '…' for key 'table.key'
        1062 => name_at(after_last(message, "for key ")?),
        // Column '…' cannot be null
        1048 => name_at(after_last(message, "Column ")?),
        // … for column '…' at row 1, or `database`.`table`.`column`
        1264 | 1265 | 1292 | 1366 | 1406 => name_at(after_last(message, "column ")?),
        // Field '…' doesn't have a default value
        1364 => name_at(after_last(message, "Field ")?),
        // Check constraint '…' is violated.
        3819 => name_at(after_last(message, "constraint ")?),
        // CONSTRAINT `…` failed for `database`.`table`
        4025 => name_at(after_last(message, "CONSTRAINT ")?),
        _ => None,
    }
}

fn after_last<'m>(message: &'m str, word: &str) -> Option<&'m str> {
    message.rfind(word).map(|at| &message[at + word.len()..])
}

/// The last part of the name that the text begins with: `c` of `` `a`.`b`.`c` at row 1`` and of
/// `'a.b.c' at row 1`.
fn name_at(text: &str) -> Option<&str> {
    let quote = text
        .chars()
        .next()
        .filter(|first| matches!(first, '\'' | '`'))?;
    let mut rest = text;
    let mut name = "";
    while let Some(inside) = rest.strip_prefix(quote) {
        let end = inside.find(quote)?;
        name = &inside[..end];
        rest = inside[end + 1..].strip_prefix('.').unwrap_or("");
    }
    let name = name.rsplit('.').next().unwrap_or(name);
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::item;

    #[test]
    fn names_are_found_behind_values() {
        let cases = [
            (
                1062,
                "Duplicate entry 'secret' for key 'logs.PRIMARY'",
                Some("PRIMARY"),
            ),
            (
                1062,
                "Duplicate entry 'x' for key 'y''' for key 'by_name'",
                Some("by_name"),
            ),
            (1048, "Column 'user_id' cannot be null", Some("user_id")),
            (
                1264,
                "Out of range value for column 'quota' at row 1",
                Some("quota"),
            ),
            (
                1366,
                "Incorrect integer value: 'for column `x`' for column `db`.`logs`.`quota` at row 1",
                Some("quota"),
            ),
            (
                1364,
                "Field 'extra' doesn't have a default value",
                Some("extra"),
            ),
            (
                3819,
                "Check constraint 'logs_chk_1' is violated.",
                Some("logs_chk_1"),
            ),
            (
                4025,
                "CONSTRAINT `logs.other` failed for `db`.`logs`",
                Some("other"),
            ),
            (1213, "Deadlock found when trying to get lock", None),
            (1062, "Duplicate entry", None),
        ];
        for (number, message, expected) in cases {
            assert_eq!(item(number, message), expected, "{message}");
        }
    }
}
