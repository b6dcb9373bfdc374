//! A copy of the sources that contains every fault behind a switch.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use super::VARIABLE;
use super::list::Fault;
use crate::error::{Context as _, Error, Result};
use crate::process;

/// Added to a file with faults: returns whether a fault is turned on, and records in the trace that its lines
/// were run.
const SWITCH: &str = r#"fn genledger_mutant(number: usize) -> bool {
    use ::std::{collections::BTreeSet, env::var, io::Write as _, sync::{Mutex, OnceLock}};
    static ON: OnceLock<Option<usize>> = OnceLock::new();
    static SEEN: OnceLock<Option<(String, Mutex<BTreeSet<usize>>)>> = OnceLock::new();
    if let Some((path, seen)) = SEEN.get_or_init(|| Some((var("TRACE").ok()?, Mutex::default())))
        && seen.lock().is_ok_and(|mut seen| seen.insert(number))
        && let Ok(mut file) = ::std::fs::File::options().create(true).append(true).open(path)
    {
        drop(file.write_all(format!("{number}\n").as_bytes()));
    }
    *ON.get_or_init(|| var("VARIABLE").ok()?.parse().ok()) == Some(number)
}
"#;

/// Copies the sources and injects the faults; the number of a fault is its index in the list. Unchanged files
/// are not written, so that little is rebuilt.
pub(super) fn plant(faults: &[Fault], tree: &Path) -> Result<()> {
    let sources = process::workspace();
    let list = process::output(
        Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(&sources),
    )?;
    let mut of_file: BTreeMap<&str, Vec<(usize, &Fault)>> = BTreeMap::new();
    for (number, fault) in faults.iter().enumerate() {
        of_file
            .entry(&fault.file)
            .or_default()
            .push((number, fault));
    }
    let mut problems = Vec::new();
    let names: BTreeSet<&str> = list
        .split('\0')
        .filter(|name| sources.join(name).is_file())
        .collect();
    remove_others(tree, tree, &names)?;
    for name in names {
        let path = sources.join(name);
        let mut bytes = fs::read(&path).context(|| path.display().to_string())?;
        if let Some(faults) = of_file.remove(name) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            match planted(&text, &faults) {
                Ok(text) => bytes = text.into_bytes(),
                Err(found) => problems.extend(found),
            }
        }
        write(&tree.join(name), &bytes)?;
    }
    for (name, faults) in of_file {
        problems.push(format!("{name}: no such file, and {} faults", faults.len()));
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::new(format!(
        "the lists of faults do not match the sources:\n{}",
        problems.join("\n")
    )))
}

/// Removes the files of an earlier copy that no longer exist in the sources.
fn remove_others(tree: &Path, folder: &Path, names: &BTreeSet<&str>) -> Result<()> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            remove_others(tree, &path, names)?;
            continue;
        }
        let name = path.strip_prefix(tree).unwrap_or(&path).to_string_lossy();
        // cargo may have created a new lock file.
        if !names.contains(&*name) && name != "Cargo.lock" {
            fs::remove_file(&path).context(|| format!("removing {}", path.display()))?;
        }
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, bytes))
        .context(|| format!("writing {}", path.display()))
}

/// A range of the text, and the faults in it.
#[derive(Debug)]
struct Site<'a> {
    range: Range<usize>,
    faults: Vec<(usize, &'a Fault)>,
}

/// The text of a file with its faults, or the problems.
fn planted(text: &str, faults: &[(usize, &Fault)]) -> std::result::Result<String, Vec<String>> {
    let mut problems = Vec::new();
    let mut places: Vec<Site<'_>> = Vec::new();
    let stripped = Stripped::new(text);
    for (number, fault) in faults {
        match stripped.find(&fault.old) {
            // It is not run; it only has to occur in the text.
            Ok(_) if fault.proof.is_some() => {}
            Ok(range) => match places.iter_mut().find(|place| place.range == range) {
                Some(place) => place.faults.push((*number, fault)),
                None => places.push(Site {
                    range,
                    faults: vec![(*number, fault)],
                }),
            },
            Err(why) => problems.push(format!("{}: {:?}: {why}", fault.file, fault.title)),
        }
    }
    // A place inside of another one comes after it.
    places.sort_by_key(|place| (place.range.start, std::cmp::Reverse(place.range.end)));
    for (index, place) in places.iter().enumerate() {
        let inside = |other: &&Site<'_>| other.range.start < place.range.end;
        let within = || places[index + 1..].iter().take_while(inside);
        // Its complete new text contains no other fault.
        if let Some((_, whole)) = place.faults.iter().find(|(_, fault)| is_whole(fault))
            && place.faults.len() + within().count() > 1
        {
            problems.push(format!("{}: {:?} hides others", whole.file, whole.title));
        }
        for other in within() {
            if other.range.end > place.range.end {
                let (_, fault) = other.faults[0];
                problems.push(format!("{}: {:?} overlaps", fault.file, fault.title));
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut result = rendered(text, 0..text.len(), &places);
    result.push('\n');
    let switch = SWITCH.replace("VARIABLE", VARIABLE);
    result.push_str(&switch.replace("TRACE", super::TRACE));
    Ok(result)
}

/// A part of the text, with the faults of the places inside of it.
fn rendered(text: &str, part: Range<usize>, places: &[Site<'_>]) -> String {
    let mut result = String::new();
    let mut at = part.start;
    let mut rest = places;
    while let [place, others @ ..] = rest {
        let inside = others
            .iter()
            .take_while(|other| other.range.start < place.range.end)
            .count();
        let old = rendered(text, place.range.clone(), &others[..inside]);
        result.push_str(&text[at..place.range.start]);
        result.push_str(&switched(&old, &place.faults));
        at = place.range.end;
        rest = &others[inside..];
    }
    result.push_str(&text[at..part.end]);
    result
}

/// Whether the new text is the complete one.
fn is_whole(fault: &Fault) -> bool {
    fault.new.contains("MUTANT")
}

/// The old text, or one of the new ones.
fn switched(old: &str, faults: &[(usize, &Fault)]) -> String {
    let on = |number: usize| format!("genledger_mutant({number})");
    let mut result = old.to_owned();
    for (number, fault) in faults {
        if is_whole(fault) {
            result = fault.new.replace("MUTANT", &on(*number));
            continue;
        }
        result = format!("if {} {{ {} }} else {{ {result} }}", on(*number), fault.new);
        if !old.trim_end().ends_with([';', '}']) {
            result = format!("({result})");
        }
    }
    result
}

/// A text without its spaces, and the original position of each character.
struct Stripped {
    text: String,
    places: Vec<usize>,
}

impl Stripped {
    fn new(source: &str) -> Self {
        let mut stripped = Self {
            text: String::new(),
            places: Vec::new(),
        };
        for (place, character) in source.char_indices() {
            if !character.is_whitespace() {
                stripped.text.push(character);
                // One entry for each byte.
                stripped.places.resize(stripped.text.len(), place);
            }
        }
        stripped
    }

    /// The range of the marked part of an old text.
    fn find(&self, old: &str) -> std::result::Result<Range<usize>, &'static str> {
        let stripped: String = old.chars().filter(|one| !one.is_whitespace()).collect();
        let (before, part, after) = match stripped.split_once('«') {
            Some((before, rest)) => {
                let (part, after) = rest.split_once('»').ok_or("« without »")?;
                (before, part, after)
            }
            None => ("", stripped.as_str(), ""),
        };
        let whole = format!("{before}{part}{after}");
        let mut found = self.text.match_indices(&whole);
        let (start, _) = found.next().ok_or("the old text is missing")?;
        if found.next().is_some() {
            return Err("the old text occurs more than once");
        }
        let start = start + before.len();
        let last = start + part.len() - part.chars().next_back().map_or(0, char::len_utf8);
        let length = part.chars().next_back().map_or(0, char::len_utf8);
        Ok(self.places[start]..self.places[last] + length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(old: &str, new: &str) -> Fault {
        Fault {
            file: String::from("a.rs"),
            old: old.to_owned(),
            new: new.to_owned(),
            ..Fault::default()
        }
    }

    fn body(text: &str, faults: &[Fault]) -> String {
        let faults: Vec<_> = faults.iter().enumerate().collect();
        let planted = planted(text, &faults).unwrap_or_else(|problems| problems.join("\n"));
        let end = planted
            .find("\nfn genledger_mutant")
            .unwrap_or(planted.len());
        planted[..end].to_owned()
    }

    #[test]
    fn faults_are_switches() {
        let text = "f(a >\n    b);\ng();\n";
        let all = body(
            text,
            &[
                fault("f(«a > b»)", "a >= b"),
                fault("a>b", "true"),
                fault("g();", ""),
            ],
        );
        assert_eq!(
            all,
            "f((if genledger_mutant(1) { true } else { (if genledger_mutant(0) { a >= b } \
             else { a >\n    b }) }));\nif genledger_mutant(2) {  } else { g(); }\n"
        );
    }

    #[test]
    fn a_fault_may_be_inside_of_another() {
        let all = body(
            "if a { b(); }\n",
            &[fault("b();", ""), fault("if a { b(); }", "")],
        );
        assert_eq!(
            all,
            "if genledger_mutant(1) {  } else { if a { if genledger_mutant(0) {  } else { b(); } } }\n"
        );
    }

    #[test]
    fn what_does_not_fit_is_reported() {
        assert!(body("a a", &[fault("a", "b")]).contains("more than once"));
        assert!(body("a", &[fault("b", "c")]).contains("is missing"));
        assert!(body("a b c", &[fault("a b", "x"), fault("b c", "y")]).contains("overlaps"));
        let whole = fault("a b", "MUTANT && b");
        assert!(body("a b c", &[whole.clone(), fault("b", "x")]).contains("hides"));
        assert!(body("a b c", &[fault("a b", "x"), whole]).contains("hides"));
        assert_eq!(
            body(
                "A | B => 1",
                &[fault("A | B => 1", "A => 1, B if !MUTANT => 1")]
            ),
            "A => 1, B if !genledger_mutant(0) => 1"
        );
    }
}
