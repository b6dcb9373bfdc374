//! Messages of the server: which of them are free of values, and the names that only they contain.

use genledger_contract::ErrorKind;

/// Whether messages of this number are about the server, the schema or the statement, and quote no
/// value. For `Invalid` and for unknown numbers, which new servers may add, a list of numbers decides.
pub(super) fn is_free_of_values(number: u16, kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::UniqueViolation => false,
        ErrorKind::Invalid | ErrorKind::Other => matches!(
            number,
            // Files, memory and limits.
            1004..=1010
                | 1028
                | 1030
                | 1034..=1036
                | 1038
                | 1103..=1104
                | 1118..=1119
                | 1153
                | 1180..=1182
                | 1190
                | 1194..=1197
                | 1296..=1297
                | 1390
                | 1436
                | 1705
                | 1713
                | 1815
                // The syntax of SQL: values are never part of it.
                | 1064
                | 1149
                | 1235
                // Tables, keys and columns.
                | 1050
                | 1059..=1061
                | 1063
                | 1067..=1075
                | 1089..=1091
                | 1101
                | 1113
                | 1115
                | 1117
                | 1121
                | 1163..=1173
                | 1176
                | 1178
                | 1253
                | 1267
                | 1273
                | 1286
                | 1347
                | 1478
                | 1553
                | 1659
                | 1709
                | 1831
                | 1845..=1846
                | 3152
                | 3161
                | 3750
                | 3780
                // Transactions, replication and clusters.
                | 1223
                | 1399..=1402
                | 1568
                | 1592
                | 1598
                | 1661..=1668
                | 1785..=1789
                | 3098
                | 3100
        ),
        _ => true,
    }
}

/// The key, column or constraint that a message names.
///
/// Values precede names in these messages, so names are searched from the end.
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
