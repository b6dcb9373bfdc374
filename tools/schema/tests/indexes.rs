//! Both sets of indexes of the usage log, as statements and on the command line.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::process::{Command, Output};

use genledger::contract::Entity;
use genledger::usage::{LEGACY_INDEXES, UsageLog};
use genledger_schema::{Indexes, ddl};
use genledger_sql::{Dialect, MYSQL, POSTGRES, SQLITE};

const DIALECTS: [&Dialect; 3] = [&MYSQL, &POSTGRES, &SQLITE];

/// Whether statements create an index with exactly this name, in the quotes of any dialect.
fn has(sql: &str, index: &str) -> bool {
    sql.contains(&format!("`{index}`")) || sql.contains(&format!("\"{index}\""))
}

#[test]
fn only_one_set_is_present() {
    for dialect in DIALECTS {
        let (own, legacy) = (ddl(dialect, Indexes::Own), ddl(dialect, Indexes::Legacy));
        for index in LEGACY_INDEXES {
            assert!(
                has(&legacy, index.name),
                "{} {}",
                dialect.name(),
                index.name
            );
            assert!(!has(&own, index.name), "{} {}", dialect.name(), index.name);
        }
        for index in UsageLog::TABLE.indexes {
            assert!(has(&own, index.name), "{} {}", dialect.name(), index.name);
            assert!(
                !has(&legacy, index.name),
                "{} {}",
                dialect.name(),
                index.name
            );
        }
    }
}

#[test]
fn everything_else_is_the_same() {
    for dialect in DIALECTS {
        let others = |indexes| {
            let sql = ddl(dialect, indexes);
            let at = sql.find("generate_image_logs").unwrap();
            sql[at..].to_owned()
        };
        assert_eq!(others(Indexes::Own), others(Indexes::Legacy));
    }
}

fn schema(words: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_genledger-schema");
    Command::new(program).args(words).output().unwrap()
}

#[test]
fn the_command_line_names_them() {
    for (words, indexes) in [
        (&["--format", "sqlite"][..], Indexes::Own),
        (&["--format=sqlite", "--indexes=own"], Indexes::Own),
        (
            &["--indexes", "legacy", "--format", "sqlite"],
            Indexes::Legacy,
        ),
    ] {
        let output = schema(words);
        assert!(output.status.success(), "{words:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text, ddl(&SQLITE, indexes), "{words:?}");
    }
}

#[test]
fn invalid_arguments_are_refused() {
    for words in [
        &[][..],
        &["--format"],
        &["--format", "yaml"],
        &["--format", "mysql", "--indexes", "none"],
        &["--format", "json", "--indexes", "legacy"],
        &["--format", "mysql", "--format", "sqlite"],
    ] {
        let output = schema(words);
        assert!(!output.status.success(), "{words:?}");
        assert!(output.stdout.is_empty(), "{words:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("usage: --format"), "{words:?}: {text}");
    }
}
