//! Finding and running the programs that cargo built beside the tests.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The output of a program, and whether it succeeded.
pub(crate) struct Output {
    pub(crate) success: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs an example to its end.
pub(crate) fn run(example: &str, words: &[&str]) -> Output {
    let output = Command::new(path(example))
        .args(words)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Output {
        success: output.status.success(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The output of an example that must succeed.
pub(crate) fn succeed(example: &str, words: &[&str]) -> Output {
    let output = run(example, words);
    assert!(
        output.success,
        "{example} failed:\n{}{}",
        output.out, output.err
    );
    output
}

/// `target/<profile>/examples/…`; this test is in `target/<profile>/deps`.
fn path(example: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let folder = own.parent().and_then(|deps| deps.parent()).unwrap();
    let file = format!("{example}{}", std::env::consts::EXE_SUFFIX);
    let path = folder.join("examples").join(file);
    assert!(
        path.is_file(),
        "{} was not built: `cargo test` builds it, but not if names of tests are given; then run \
         `cargo build --examples` with the same features before",
        path.display()
    );
    path
}

/// The text before a mark, and the text from the mark on.
pub(crate) fn split_before<'a>(text: &'a str, mark: &str) -> (&'a str, &'a str) {
    let at = text.find(mark);
    text.split_at(at.unwrap_or_else(|| panic!("there is no {mark:?} in:\n{text}")))
}
