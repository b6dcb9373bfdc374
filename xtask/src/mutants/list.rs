//! Reading the lists of faults.
//!
//! ```text
//! @ backends/contract/src/query/page.rs
//! * a page of exactly the limit reports further rows
//! - let more = «rows.len() > limit»;
//! + rows.len() >= limit
//! ```
//!
//! `@` names the file of the faults that follow, `*` begins a fault with its title, `-` is the text in the
//! file, and `+` the text that replaces it. Of the old text, only the part between `«` and `»` is replaced,
//! if it has these marks; spaces and line ends are ignored, and it must occur exactly once in the file.
//! The new text is an expression or statements like the old one; where that is not possible (in a
//! pattern, for example), it is the complete new text, with `MUTANT` as the condition that the fault is
//! turned on, and no other fault can be in the same place.
//! `=` is the proof that the fault cannot be observed: it is then not run. `#` begins a comment.

use std::fs;
use std::path::Path;

use crate::error::{Context as _, Error, Result};

/// A fault that can be injected.
#[derive(Debug, Default, Clone)]
pub(super) struct Fault {
    /// The list that contains it.
    pub(super) list: String,
    pub(super) file: String,
    pub(super) title: String,
    pub(super) old: String,
    pub(super) new: String,
    /// The proof that it changes nothing.
    pub(super) proof: Option<String>,
}

/// Reads every list of a folder.
pub(super) fn read_all(folder: &Path) -> Result<Vec<Fault>> {
    let entries = fs::read_dir(folder).context(|| format!("in {}", folder.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).context(|| path.display().to_string())?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        all.extend(parse(&name, &text)?);
    }
    Ok(all)
}

fn parse(list: &str, text: &str) -> Result<Vec<Fault>> {
    let mut faults: Vec<Fault> = Vec::new();
    let mut file = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        let wrong = |what: &str| Error::new(format!("{list}.txt:{number}: {what}: {line}"));
        let (mark, rest) = line.split_at(line.chars().next().map_or(0, char::len_utf8));
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        match mark {
            "" | "#" => {}
            "@" => rest.clone_into(&mut file),
            "*" => faults.push(Fault {
                list: list.to_owned(),
                file: file.clone(),
                title: rest.to_owned(),
                ..Fault::default()
            }),
            "-" | "+" | "=" => {
                let fault = faults
                    .last_mut()
                    .ok_or_else(|| wrong("no fault begins before it"))?;
                let part = match mark {
                    "-" => &mut fault.old,
                    "+" => &mut fault.new,
                    _ => fault.proof.get_or_insert_default(),
                };
                if !part.is_empty() {
                    part.push('\n');
                }
                part.push_str(rest);
            }
            _ => return Err(wrong("a line begins with @, *, -, +, = or #")),
        }
    }
    if let Some(fault) = faults
        .iter()
        .find(|fault| fault.file.is_empty() || fault.old.is_empty())
    {
        return Err(Error::new(format!(
            "{list}.txt: {:?} has no file or no old text",
            fault.title
        )));
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read() -> Result<()> {
        let text = "# note\n@ a.rs\n* one\n- x\n- y\n+ z\n\n* two\n- «p» q\n= never p\n";
        let faults = parse("list", text)?;
        assert_eq!(faults.len(), 2);
        assert_eq!(
            (faults[0].old.as_str(), faults[0].new.as_str()),
            ("x\ny", "z")
        );
        assert_eq!(faults[1].file, "a.rs");
        assert_eq!(faults[1].proof.as_deref(), Some("never p"));
        assert!(parse("list", "- x").is_err());
        assert!(parse("list", "* no file\n- x").is_err());
        assert!(parse("list", "x").is_err());
        Ok(())
    }
}
