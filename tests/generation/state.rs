//! The state machine, and its table in the documents.

use genledger::ErrorKind;
use genledger::contract::CodedEnum;
use genledger::generation::GenerationStatus::{
    self, Completed, Failed, Pending, Processing, Retrying,
};

/// The marks around the table in `docs/generation.md`.
const BEGIN: &str = "<!-- statuses: written by a test, GENLEDGER_REWRITE_DOCS=1 cargo test --test generation state -->\n";
const END: &str = "<!-- end of statuses -->";

/// The table of the state machine.
fn table() -> String {
    let known = GenerationStatus::KNOWN;
    let mut text = String::from("| |");
    for next in known {
        text.push_str(&format!(" {next} |"));
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(known.len()));
    for from in known {
        text.push_str(&format!("\n| **{from}** |"));
        for next in known {
            text.push_str(if from.can_become(*next) {
                " yes |"
            } else {
                " |"
            });
        }
    }
    text.push('\n');
    text
}

#[test]
fn the_document_shows_every_transition() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/generation.md");
    let committed = std::fs::read_to_string(path).unwrap();
    let (before, rest) = committed.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    let expected = table();
    if std::env::var_os("GENLEDGER_REWRITE_DOCS").is_some() {
        std::fs::write(path, [before, BEGIN, &expected, END, after].concat()).unwrap();
        return;
    }
    assert_eq!(found, expected, "rewrite it with GENLEDGER_REWRITE_DOCS=1");
}

#[test]
fn a_status_changes_as_the_machine_allows() {
    let allowed = [
        (Pending, Processing),
        (Pending, Failed),
        (Processing, Completed),
        (Processing, Failed),
        (Processing, Retrying),
        (Retrying, Processing),
        (Retrying, Failed),
        (Completed, Pending),
        (Failed, Pending),
    ];
    let unknown = GenerationStatus::from_code(5);
    let all = || GenerationStatus::KNOWN.iter().copied().chain([unknown]);
    for (from, next) in all().flat_map(|from| all().map(move |next| (from, next))) {
        let is_allowed = allowed.contains(&(from, next));
        assert_eq!(from.can_become(next), is_allowed, "{from} {next}");
        match from.to(next) {
            Ok(status) => assert!(is_allowed && status == next),
            Err(error) => {
                assert!(!is_allowed);
                assert_eq!(error.kind(), ErrorKind::InvalidTransition);
                assert_eq!(error.message(), format!("{from} cannot become {next}"));
            }
        }
    }
    let terminal: Vec<_> = all().filter(|status| status.is_terminal()).collect();
    assert_eq!(terminal, [Completed, Failed]);
}
