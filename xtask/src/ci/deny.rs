//! Checks the rules of `deny.toml`: with cargo-deny when it is installed, otherwise those that can be
//! checked without it.

use std::collections::BTreeMap;
use std::fs;

use super::licence;
use crate::error::{Context as _, Error, Result};
use crate::process;

/// Runs cargo-deny, or prints a clear warning that it is missing.
pub(super) fn check() -> Result<()> {
    if process::output(process::cargo().args(["deny", "--version"])).is_ok() {
        return process::run(process::cargo().args(["deny", "--all-features", "check"]));
    }
    let path = process::workspace().join("deny.toml");
    let rules = fs::read_to_string(&path).context(|| format!("reading {}", path.display()))?;
    let tree = process::output(process::cargo().args([
        "tree",
        "--locked",
        "--workspace",
        "--all-features",
        "--target=all",
        "--edges=normal,build,dev",
        "--prefix=none",
        "--format={p}|{l}",
    ]))?;
    let problems = problems(&packages(&tree), &strings(&rules, "licenses", "allow"));
    if !problems.is_empty() {
        return Err(Error::new(format!("\n{}", problems.join("\n"))));
    }
    println!("deny: licences, duplicates and banned crates are fine");
    println!("deny: ***********************************************************************");
    println!("deny: *** cargo-deny is not installed: ADVISORIES WERE NOT CHECKED.       ***");
    println!("deny: *** `cargo install --locked cargo-deny` and `cargo deny check`.     ***");
    println!("deny: ***********************************************************************");
    Ok(())
}

/// A line of `cargo tree`: the versions of each name, with the licence.
type Packages<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>;

fn packages(tree: &str) -> Packages<'_> {
    let mut packages = Packages::new();
    for line in tree.lines() {
        let Some((package, licence)) = line.split_once('|') else {
            continue;
        };
        let mut words = package.split_whitespace();
        let (Some(name), Some(version)) = (words.next(), words.next()) else {
            continue;
        };
        // A package that was printed before is marked.
        let licence = licence.trim().trim_end_matches("(*)").trim();
        packages.entry(name).or_default().insert(version, licence);
    }
    packages
}

fn problems(packages: &Packages<'_>, allowed: &[&str]) -> Vec<String> {
    let mut problems = Vec::new();
    if packages.is_empty() || allowed.is_empty() {
        problems.push(String::from(
            "no packages or no allowed licences: nothing was checked",
        ));
    }
    for (name, versions) in packages {
        if versions.len() > 1 {
            let list = versions.keys().copied().collect::<Vec<_>>().join(", ");
            if *name == "libsqlite3-sys" {
                // Two of them would both define SQLite's symbols.
                problems.push(format!("{name} is present more than once: {list}"));
            } else {
                println!("deny: warning: {name} is present more than once: {list}");
            }
        }
        if matches!(*name, "openssl-sys" | "native-tls") {
            problems.push(format!(
                "{name} is banned; `cargo tree --invert {name}` shows its dependents"
            ));
        }
        for (version, licence) in versions {
            if !licence::is_allowed(licence, allowed) {
                problems.push(format!(
                    "{name} {version}: licence {licence:?} is not allowed"
                ));
            }
        }
    }
    problems
}

/// The strings of a list in a section of a TOML file like `deny.toml`: one-line comments, no escapes.
fn strings<'a>(toml: &'a str, section: &str, key: &str) -> Vec<&'a str> {
    let header = format!("[{section}]");
    let mut strings = Vec::new();
    let mut is_inside = false;
    let lines = toml
        .lines()
        .skip_while(|line| line.trim() != header)
        .skip(1);
    for line in lines.take_while(|line| !line.starts_with('[')) {
        let line = line.split('#').next().unwrap_or_default();
        let is_start = line
            .split_once('=')
            .is_some_and(|(name, value)| name.trim() == key && value.contains('['));
        is_inside |= is_start;
        if is_inside {
            strings.extend(line.split('"').skip(1).step_by(2));
            is_inside = !line.trim_end().ends_with(']');
        }
    }
    strings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_the_right_section() {
        let toml = "[bans]\nallow = [\"x\"]\n[licenses]\nversion = 2\n# why\nallow = [\n    \
                    \"MIT\", # fine\n    \"Zlib\",\n]\nconfidence = \"no\"\n[sources]\n";
        assert_eq!(strings(toml, "licenses", "allow"), ["MIT", "Zlib"]);
        assert_eq!(strings(toml, "bans", "allow"), ["x"]);
    }

    #[test]
    fn the_rules() {
        let tree = "a v1.0.0 (/x)|MIT\nlibsqlite3-sys v1.0.0|MIT (*)\nlibsqlite3-sys v2.0.0|MIT\n\
                    openssl-sys v0.9.0|MIT\nb v1.0.0 (proc-macro)|GPL-3.0\n\nc v1.0.0|\n";
        let found = problems(&packages(tree), &["MIT"]).join("\n");
        assert_eq!(found.lines().count(), 4, "{found}");
        assert!(!found.contains("a v1"), "{found}");
        assert!(problems(&packages("a v1.0.0|MIT (*)"), &["MIT"]).is_empty());
    }
}
