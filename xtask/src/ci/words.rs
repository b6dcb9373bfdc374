//! The words of the project: phrases that the glossary of `CONTRIBUTING.md` replaces by standard terms.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::error::{Context as _, Error, Result};
use crate::process;

/// A phrase that is not used, and the term to use instead.
struct Phrase {
    /// The words, in lower case.
    words: &'static str,
    /// Longer phrases that contain it and are used.
    unless: &'static [&'static str],
    /// Whether it is looked for only in comments and documents, not in code.
    only_prose: bool,
    instead: &'static str,
}

const fn phrase(words: &'static str, instead: &'static str) -> Phrase {
    Phrase {
        words,
        unless: &[],
        only_prose: false,
        instead,
    }
}

const ACTOR: &str = "name the actor: the caller, another session, the application";

const PHRASES: &[Phrase] = &[
    phrase("nobody", ACTOR),
    phrase("no one", ACTOR),
    phrase("somebody", ACTOR),
    phrase("someone", ACTOR),
    phrase("anybody", ACTOR),
    phrase("anyone", ACTOR),
    phrase("everybody", ACTOR),
    phrase("everyone", ACTOR),
    phrase("whoever", ACTOR),
    Phrase {
        unless: &["there is no", "is no longer", "is no more"],
        ..phrase("is no", "is not a")
    },
    Phrase {
        unless: &["there are no", "are no longer", "are no more"],
        ..phrase("are no", "are not")
    },
    Phrase {
        only_prose: true,
        ..phrase("answers", "returns; as a noun: result, outcome or reply")
    },
    phrase("goes on", "continues"),
    phrase("go on", "continue"),
    phrase("is told", "gets, or is reported"),
    phrase("are told", "are reported"),
    phrase("told of", "reported"),
    phrase("tells", "returns or reports"),
    phrase("hands back", "returns"),
    phrase("gives back", "returns"),
    phrase("at its worst", "with adverse settings"),
    phrase("in a circle", "deadlock"),
    phrase("to come back to", "savepoint"),
    phrase("farewell", "closing"),
    phrase("portion", "chunk"),
    phrase("portions", "chunks"),
    phrase("mend", "repair"),
    phrase("mends", "repairs"),
    phrase("mended", "repaired"),
    phrase("tried again", "retried"),
    phrase("the application's own", "the application's"),
];

/// Files in which a phrase is used on purpose.
const ALLOWED: &[(&str, &str)] = &[
    // The name of a system user.
    ("xtask/src/servers/account.rs", "nobody"),
    // The value NO_CHAIN.
    ("backends/mysql/src/settings.rs", "is no"),
];

/// This file has all of them.
const THIS: &str = "xtask/src/ci/words.rs";

/// In Markdown, the lines between these are not checked.
const OFF: &str = "<!-- words: off -->";
const ON: &str = "<!-- words: on -->";

/// Checks every Rust and Markdown file that git tracks.
pub(super) fn check() -> Result<()> {
    let root = process::workspace();
    let mut git = std::process::Command::new("git");
    git.args(["ls-files", "--", "*.rs", "*.md"])
        .current_dir(&root);
    let files = process::output(&mut git)?;
    let mut problems = Vec::new();
    let mut used = BTreeSet::new();
    let mut count = 0;
    for file in files.lines().filter(|file| *file != THIS) {
        let path = root.join(file);
        // A file that was deleted and not committed yet.
        if !path.exists() {
            continue;
        }
        let text = fs::read_to_string(&path).context(|| format!("reading {file}"))?;
        for (line, phrase) in found(file, &text) {
            let entry = (file, phrase.words);
            if let Some(entry) = ALLOWED.iter().find(|allowed| **allowed == entry) {
                used.insert(*entry);
                continue;
            }
            problems.push(format!(
                "{file}:{line}: \"{}\": {}",
                phrase.words, phrase.instead
            ));
        }
        count += 1;
    }
    let unused = ALLOWED.iter().filter(|entry| !used.contains(*entry));
    problems
        .extend(unused.map(|(file, words)| format!("{file}: \"{words}\" is allowed, not used")));
    if count == 0 {
        problems.push(String::from("git lists no files: nothing was checked"));
    }
    if problems.is_empty() {
        println!("words: {count} files follow the glossary of CONTRIBUTING.md");
        return Ok(());
    }
    Err(Error::new(format!(
        "\n{}\nCONTRIBUTING.md has the glossary; {THIS} has the phrases",
        problems.join("\n")
    )))
}

/// The phrases in a text, each with the number of its line.
fn found(file: &str, text: &str) -> Vec<(usize, &'static Phrase)> {
    let is_markdown = Path::new(file).extension().is_some_and(|end| end == "md");
    let mut on = true;
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match line.trim() {
            OFF if is_markdown => on = false,
            ON if is_markdown => on = true,
            _ => {}
        }
        if !on {
            continue;
        }
        let is_prose = is_markdown || line.trim_start().starts_with("//");
        let line = words(line);
        let phrases = PHRASES
            .iter()
            .filter(|phrase| (is_prose || !phrase.only_prose) && occurs(phrase, &line));
        found.extend(phrases.map(|phrase| (index + 1, phrase)));
    }
    found
}

/// Whether a phrase occurs in a line of words outside of the longer phrases that are used.
fn occurs(phrase: &Phrase, line: &str) -> bool {
    let used = |text: &str, other: &&str| text.matches(&format!(" {other} ")).count();
    let all = used(line, &phrase.words);
    let fine: usize = phrase.unless.iter().map(|other| used(line, other)).sum();
    all > fine
}

/// The words of a line in lower case with a space around each; a name in snake case is its words.
fn words(line: &str) -> String {
    let mut words = String::from(" ");
    for character in line.chars() {
        if character.is_alphanumeric() || character == '\'' {
            words.extend(character.to_lowercase());
        } else if ".,:;|()".contains(character) {
            // A phrase does not go beyond these.
            words.push_str(" . ");
        } else if !words.ends_with(' ') {
            words.push(' ');
        }
    }
    if !words.ends_with(' ') {
        words.push(' ');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(file: &str, text: &str) -> Vec<(usize, &'static str)> {
        let found = found(file, text).into_iter();
        found.map(|(line, phrase)| (line, phrase.words)).collect()
    }

    #[test]
    fn a_phrase_is_found_with_its_line() {
        let text = "/// A key.\n/// Nobody knows it.\nfn it_goes_on() {}\n\"is no number\"\n";
        assert_eq!(
            phrases("a.rs", text),
            [(2, "nobody"), (3, "goes on"), (4, "is no")]
        );
    }

    #[test]
    fn longer_phrases_are_used() {
        let text =
            "There is no row, and it is no longer there.\nThere is no row that is no number.";
        assert_eq!(phrases("a.md", text), [(2, "is no")]);
        assert!(phrases("a.md", "no: one writer, this is. No row").is_empty());
    }

    #[test]
    fn some_are_looked_for_in_prose_only() {
        assert!(phrases("a.rs", "let answers = ask();").is_empty());
        assert_eq!(phrases("a.rs", "  // It answers."), [(1, "answers")]);
        assert_eq!(phrases("a.md", "It answers."), [(1, "answers")]);
    }

    #[test]
    fn a_glossary_is_left_out() {
        let text = format!("{OFF}\n| nobody | |\n{ON}\nnobody\n");
        assert_eq!(phrases("a.md", &text), [(4, "nobody")]);
    }
}
