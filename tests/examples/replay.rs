//! The replay of a trace: the content of a line, malformed lines, and a second run, which adds nothing;
//! the same on every store.

use crate::program::{run, split_before, succeed};

/// Eleven requests, and line 8, which is malformed.
const TRACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/examples/trace.csv");
/// The content of the log after the replay.
const READ: &str = include_str!("trace.txt");

const SKIPPED: &str = "  line 8 skipped: GeneratedTokens is not a count: ";

/// Replays the trace and returns the lines on the outcome of the rows, without the rate.
fn replay(url: &str) -> Vec<String> {
    let output = succeed("replay_trace", &[TRACE, "--store", url]);
    assert!(output.err.starts_with(SKIPPED), "{}", output.err);
    assert_eq!(output.err.lines().count(), 1, "{}", output.err);
    let (sent, read) = split_before(&output.out, "\ntrace\n");
    assert_eq!(read, READ);
    let lines = sent.lines().filter(|line| line.starts_with("   "));
    lines
        .map(|line| line.split(',').next().unwrap().trim().to_owned())
        .collect()
}

fn a_second_replay_adds_nothing(url: &str, outlives: bool) {
    // A batch is larger than the trace, so a strict replay writes nothing of it.
    let strict = run("replay_trace", &["--strict", "--store", url, TRACE]);
    assert!(!strict.success, "{}", strict.out);
    let refused = "replay_trace: line 8: GeneratedTokens is not a count: ";
    assert!(strict.err.starts_with(refused), "{}", strict.err);
    assert!(strict.err.contains("nothing after it was read"));
    assert!(!strict.out.contains("requests"), "{}", strict.out);

    let added = [
        "11 rows sent",
        "11 were added",
        "0 were there already",
        "1 lines were malformed and skipped",
    ];
    assert_eq!(replay(url), added);
    if outlives {
        let known = [
            "11 rows sent",
            "0 were added",
            "11 were there already",
            "1 lines were malformed and skipped",
        ];
        assert_eq!(replay(url), known);
    }
}

crate::cases!(a_second_replay_adds_nothing);

/// Without a malformed line, both ways of reading are the same.
#[test]
fn a_clean_trace_passes_strictly() {
    let folder = tempfile::tempdir().unwrap();
    let clean = folder.path().join("trace.csv");
    let lines: Vec<String> = std::fs::read_to_string(TRACE)
        .unwrap()
        .lines()
        .enumerate()
        .filter(|(index, _)| index + 1 != 8)
        .map(|(_, line)| line.to_owned())
        .collect();
    std::fs::write(&clean, lines.join("\n")).unwrap();
    let output = succeed("replay_trace", &[clean.to_str().unwrap(), "--strict"]);
    assert!(output.out.ends_with(READ), "{}", output.out);
    assert_eq!(output.err, "");
}

#[test]
fn invalid_arguments_are_refused() {
    for (words, reason) in [
        (&["--strict", "--skip-malformed", TRACE][..], "exclude"),
        (&[TRACE, "--fast"], "unknown flag --fast"),
        (&[TRACE, "--store"], "--store needs a URL"),
        (&["/nowhere.csv"], "/nowhere.csv: "),
        (&[], "usage: replay_trace"),
    ] {
        let output = run("replay_trace", words);
        assert!(!output.success, "{words:?}");
        assert!(output.err.contains(reason), "{words:?}: {}", output.err);
    }
}
