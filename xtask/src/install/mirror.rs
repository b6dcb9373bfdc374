//! The Debian mirror that this machine uses.

use std::fs;
use std::path::PathBuf;

use super::os_release;

/// The default for a machine without a configured Debian mirror.
const DEFAULT: &str = "http://deb.debian.org/debian";

/// One archive of apt's sources.
#[derive(Debug, PartialEq, Eq)]
struct Source {
    uri: String,
    suites: Vec<String>,
}

/// The mirror of the machine's own release, which has every other suite of Debian as well.
pub(super) fn debian() -> String {
    if os_release("ID").as_deref() != Some("debian") {
        return DEFAULT.to_owned();
    }
    let codename = os_release("VERSION_CODENAME").unwrap_or_default();
    choose(&sources(), &codename).unwrap_or_else(|| DEFAULT.to_owned())
}

/// The first archive over HTTP that has the suite.
fn choose(sources: &[Source], suite: &str) -> Option<String> {
    sources
        .iter()
        .find(|source| source.uri.starts_with("http") && source.suites.iter().any(|s| s == suite))
        .map(|source| source.uri.trim_end_matches('/').to_owned())
}

/// All sources in apt's configuration.
fn sources() -> Vec<Source> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(entries) = fs::read_dir("/etc/apt/sources.list.d") {
        files.extend(entries.flatten().map(|entry| entry.path()));
    }
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap_or_default();
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("list") => found.extend(text.lines().filter_map(one_line)),
            Some("sources") => found.extend(text.split("\n\n").flat_map(stanza)),
            _ => {}
        }
    }
    found
}

/// `deb [signed-by=...] http://deb.debian.org/debian bookworm main`
fn one_line(line: &str) -> Option<Source> {
    let rest = line.trim().strip_prefix("deb")?;
    let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(options) => options.split_once(']')?.1,
        None => rest,
    };
    let mut words = rest.split_whitespace().map(String::from);
    Some(Source {
        uri: words.next()?,
        suites: vec![words.next()?],
    })
}

/// `Types: deb`, `URIs: ...`, `Suites: ...`
fn stanza(text: &str) -> Vec<Source> {
    let field = |name: &str| -> Vec<String> {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(|value| value.split_whitespace().map(String::from).collect())
            .unwrap_or_default()
    };
    let is_off = field("Enabled").first().is_some_and(|value| value == "no");
    if is_off || !field("Types").iter().any(|kind| kind == "deb") {
        return Vec::new();
    }
    let suites = field("Suites");
    field("URIs")
        .into_iter()
        .map(|uri| Source {
            uri,
            suites: suites.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_that_of_the_own_release() {
        let text =
            "Types: deb\n# old\nURIs: http://mirror/debian/\nSuites: bookworm bookworm-updates\n";
        let mut all: Vec<Source> = [
            "deb https://other.test/apt cloud-bookworm main",
            "# deb x y z",
        ]
        .into_iter()
        .filter_map(one_line)
        .collect();
        all.extend(stanza(text));
        all.extend(stanza(
            "Types: deb-src\nURIs: http://source\nSuites: bookworm",
        ));
        assert_eq!(all.len(), 2);
        assert_eq!(
            choose(&all, "bookworm").as_deref(),
            Some("http://mirror/debian")
        );
        assert_eq!(choose(&all, "trixie"), None);
    }

    #[test]
    fn options_of_a_line_are_skipped() {
        let source = one_line("deb [arch=amd64 signed-by=/k.gpg] http://m/debian sid main");
        assert_eq!(
            source,
            Some(Source {
                uri: String::from("http://m/debian"),
                suites: vec![String::from("sid")]
            })
        );
    }
}
