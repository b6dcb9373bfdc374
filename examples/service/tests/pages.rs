//! What the pages of the guide say is what the code says.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::fs;

use genledger::ErrorKind;

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide/");

fn page(name: &str) -> String {
    fs::read_to_string(format!("{GUIDE}{name}")).unwrap()
}

/// The page has the program as it is.
#[test]
fn getting_started_shows_the_service() {
    let (_, program) = include_str!("../src/main.rs").split_once("\n\n").unwrap();
    let program = program
        .strip_suffix("\n#[cfg(test)]\nmod tests;\n")
        .unwrap();
    let block = format!("```rust,no_run\n{program}```");
    assert!(
        page("getting-started.md").contains(&block),
        "the page shows another program"
    );
}

/// Each kind has one row, with its status, and with `yes` where it may be retried.
#[test]
fn every_kind_of_error_has_its_row() {
    let page = page("errors.md");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    for kind in ErrorKind::ALL {
        let name = format!("`{kind:?}`");
        let row: Vec<_> = rows.iter().filter(|row| row[0] == name).collect();
        assert_eq!(row.len(), 1, "{name}");
        assert_eq!(row[0].len(), 6, "{name}");
        assert_eq!(row[0][4], kind.http_status().to_string(), "{name}");
        assert_eq!(row[0][3] == "yes", kind.is_retryable(), "{name}");
    }
    assert_eq!(rows.len(), ErrorKind::ALL.len());
}

/// Each page is in the list of pages, and its programs are compiled.
#[test]
fn every_page_is_listed_and_compiled() {
    let (list, compiled) = (page("README.md"), include_str!("../src/lib.rs"));
    let names: BTreeSet<String> = fs::read_dir(GUIDE)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    for name in &names {
        assert!(list.contains(&format!("]({name})")), "{name} is not listed");
        assert!(
            compiled.contains(&format!("\"{name}\"")),
            "{name} is not compiled"
        );
    }
}
