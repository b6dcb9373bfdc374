//! Every combination of at most two features of the root package compiles without a warning, and
//! a build without a feature reports it for a URL that needs it.

use std::fs;

use crate::error::{Context as _, Error, Result};
use crate::process;

/// The maximum number of combined features.
const DEPTH: usize = 2;

/// Lints each combination. `clippy` and not `check`: it makes warnings errors without a change of
/// `RUSTFLAGS`, which would compile every dependency again.
pub(super) fn check() -> Result<()> {
    let path = process::workspace().join("Cargo.toml");
    let manifest = fs::read_to_string(&path).context(|| format!("reading {}", path.display()))?;
    let names = names(&manifest);
    if names.is_empty() {
        return Err(Error::new("the root package has no features"));
    }
    for set in subsets(&names) {
        let features = set.join(",");
        println!("features: [{features}]");
        process::run(process::cargo().args([
            "clippy",
            "--locked",
            "--quiet",
            "--package",
            "genledger",
            "--lib",
            "--no-default-features",
            "--features",
            &features,
            "--",
            "-D",
            "warnings",
        ]))?;
    }
    without_features()
}

/// Every other test is built with all features, so that nothing is ever missing. SQLite remains: the
/// root package has it for its own tests.
fn without_features() -> Result<()> {
    println!("features: errors of a build without them");
    process::run(process::cargo().args([
        "test",
        "--locked",
        "--quiet",
        "--package",
        "genledger",
        "--no-default-features",
        "--test",
        "connect",
    ]))
}

/// The keys of `[features]`, without `default`.
fn names(manifest: &str) -> Vec<&str> {
    manifest
        .lines()
        .skip_while(|line| line.trim() != "[features]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        // Keys are not indented, the later lines of a long value are.
        .filter(|line| line.starts_with(|first: char| first.is_alphanumeric() || first == '"'))
        .filter_map(|line| Some(line.split_once('=')?.0.trim().trim_matches('"')))
        .filter(|name| *name != "default")
        .collect()
}

/// The subsets of at most [`DEPTH`] names, small ones first.
fn subsets<'a>(names: &[&'a str]) -> Vec<Vec<&'a str>> {
    let mut all = vec![Vec::new()];
    let mut last = vec![(0, Vec::new())];
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for (from, set) in last {
            for (index, name) in names.iter().enumerate().skip(from) {
                let mut larger: Vec<&str> = set.clone();
                larger.push(name);
                next.push((index + 1, larger));
            }
        }
        all.extend(next.iter().map(|(_, set)| set.clone()));
        last = next;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_features_table_alone() {
        let manifest = "[package]\nname = \"x\"\n[features]\ndefault = []\n## On disk.\n\
                        a = [\n    \"dep:a\",\n]\nb-c = []\n\n[dependencies]\nd = \"1\"\n";
        assert_eq!(names(manifest), ["a", "b-c"]);
    }

    #[test]
    fn no_subset_is_larger_than_two() {
        let all: Vec<String> = subsets(&["a", "b", "c"])
            .iter()
            .map(|set| set.concat())
            .collect();
        assert_eq!(all, ["", "a", "b", "c", "ab", "ac", "bc"]);
    }
}
