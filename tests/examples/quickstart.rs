//! The quickstart: a second run finds every row, and pages and totals are the same on every store.

use crate::program::{Output, split_before, succeed};

/// Its output from the pages on, which was read from the database.
const READ: &str = include_str!("quickstart.txt");

fn quickstart(url: &str) -> Output {
    let output = succeed("quickstart", &[url]);
    let (_, read) = split_before(&output.out, "4. ");
    assert_eq!(read, READ);
    output
}

fn a_second_run_adds_nothing(url: &str, outlives: bool) {
    let first = quickstart(url).out;
    assert!(first.contains("\n2. Made the tables in "), "{first}");
    assert!(first.contains("\n3. Appended 20,000 rows in "), "{first}");
    assert!(first.contains("; 0 were there already\n"), "{first}");

    let second = quickstart(url).out;
    if outlives {
        assert!(second.contains("\n2. The tables are there already\n"));
        assert!(second.contains("\n3. Appended 0 rows in "), "{second}");
        assert!(second.contains("; 20,000 were there already\n"), "{second}");
    } else {
        assert!(second.contains("; 0 were there already\n"), "{second}");
    }
}

crate::cases!(a_second_run_adds_nothing);

/// Without an argument it needs nothing, and leaves nothing behind.
#[cfg(feature = "sqlite")]
#[test]
fn it_runs_by_itself() {
    if !genledger_testkit::is_wanted("sqlite") {
        return;
    }
    let output = succeed("quickstart", &[]);
    assert!(
        output.out.contains("\n1. Connected to SQLite "),
        "{}",
        output.out
    );
    assert!(output.out.ends_with(READ), "{}", output.out);
    assert_eq!(output.err, "");
}

#[test]
fn a_url_without_a_store_is_reported() {
    let output = crate::program::run("quickstart", &["oracle://host/db"]);
    assert!(!output.success);
    assert!(output.err.starts_with("quickstart: "), "{}", output.err);
    assert_eq!(output.out, "");
}
