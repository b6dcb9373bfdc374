//! Checks that scripts of `MySQL` contain one statement each: it commits each change of the schema by
//! itself, so a killed process could leave a script half applied.

use genledger_contract::schema::Script;
use genledger_contract::{Error, MigrationSet, Result};

/// Objects whose definition contains statements.
const WITH_BODY: [&str; 4] = ["TRIGGER", "PROCEDURE", "FUNCTION", "EVENT"];

pub(super) fn check(set: &MigrationSet, scripts: &[&Script]) -> Result<()> {
    for script in scripts {
        if statements(script.sql) > 1 && !has_body(script.sql) {
            return Err(Error::invalid(format!(
                "the script {} {} of {} has several statements: on MySQL each needs a script of its \
                 own, since a change of the schema cannot be undone",
                script.version, script.name, set.name
            )));
        }
    }
    Ok(())
}

/// Whether it creates an object with a body: `CREATE DEFINER = … TRIGGER …`.
fn has_body(sql: &str) -> bool {
    let mut words = sql.split_whitespace().map(str::to_ascii_uppercase);
    words.next().as_deref() == Some("CREATE")
        && words.take(8).any(|word| WITH_BODY.contains(&word.as_str()))
}

/// The number of statements in a text.
fn statements(sql: &str) -> usize {
    let bytes = sql.as_bytes();
    let (mut count, mut inside, mut at) = (0, false, 0);
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let line_comment = byte == b'#'
            || rest.starts_with(b"--") && rest.get(2).is_none_or(u8::is_ascii_whitespace);
        if line_comment {
            at += rest
                .iter()
                .position(|byte| *byte == b'\n')
                .unwrap_or(rest.len());
        } else if rest.starts_with(b"/*") && !rest.starts_with(b"/*!") && !rest.starts_with(b"/*M!")
        {
            let end = rest.windows(2).skip(2).position(|pair| pair == b"*/");
            at += end.map_or(rest.len(), |end| end + 4);
        } else if matches!(byte, b'\'' | b'"' | b'`') {
            count += usize::from(!inside);
            inside = true;
            at += quoted(rest);
        } else {
            if byte == b';' {
                inside = false;
            } else if !byte.is_ascii_whitespace() {
                count += usize::from(!inside);
                inside = true;
            }
            at += 1;
        }
    }
    count
}

/// The length of a quoted text, including its quotes. A doubled quote counts as two texts.
fn quoted(bytes: &[u8]) -> usize {
    let quote = bytes[0];
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\\' && quote != b'`' {
            at += 1;
        } else if byte == quote {
            return at + 1;
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::{has_body, statements};

    #[test]
    fn statements_are_counted() {
        for (sql, count) in [
            ("", 0),
            (" -- nothing;\n # nor this;\n/* nor; this */ ;;", 0),
            ("CREATE TABLE a (b INT)", 1),
            ("CREATE TABLE a (b INT);\n-- the end; really\n", 1),
            (
                "INSERT INTO a VALUES ('a;b', \"c;d\", `e;f`, 'it''s; \\'; x')",
                1,
            ),
            ("SELECT 1; SELECT 2", 2),
            ("SELECT 1;/* a */`b`", 2),
            ("SELECT 5--1; SELECT 2", 2),
            ("/*!50100 SELECT 1 */; SELECT 2", 2),
            ("SELECT 'open; SELECT 2", 1),
            ("/* open; SELECT 2", 0),
        ] {
            assert_eq!(statements(sql), count, "{sql}");
        }
    }

    #[test]
    fn bodies_are_recognized() {
        assert!(has_body(
            "CREATE DEFINER = root@localhost TRIGGER t BEFORE INSERT ON a"
        ));
        assert!(has_body(
            "create or replace procedure p() BEGIN SELECT 1; END"
        ));
        assert!(!has_body("CREATE TABLE events (id INT); DROP TABLE b"));
    }
}
