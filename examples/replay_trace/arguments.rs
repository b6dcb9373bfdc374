//! The command line.

use std::path::PathBuf;

const USAGE: &str = "usage: replay_trace TRACE.csv [--store URL] [--skip-malformed | --strict]";

pub(crate) struct Arguments {
    pub(crate) file: PathBuf,
    pub(crate) store: String,
    pub(crate) strict: bool,
}

impl Arguments {
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut file, mut store, mut strict) = (None, None, None);
        let mut words = words;
        while let Some(word) = words.next() {
            match word.as_str() {
                "--store" => store = Some(words.next().ok_or("--store needs a URL")?),
                "--strict" | "--skip-malformed" => {
                    let wanted = word == "--strict";
                    if strict.is_some_and(|strict| strict != wanted) {
                        return Err("--strict and --skip-malformed exclude each other".to_owned());
                    }
                    strict = Some(wanted);
                }
                flag if flag.starts_with('-') => {
                    return Err(format!("unknown flag {flag}\n{USAGE}"));
                }
                _ if file.is_some() => return Err(format!("one file at a time\n{USAGE}")),
                path => file = Some(PathBuf::from(path)),
            }
        }
        Ok(Self {
            file: file.ok_or(USAGE)?,
            store: store.unwrap_or_else(|| "memory:".to_owned()),
            strict: strict.unwrap_or(false),
        })
    }

    /// The name of the file is used as the model, so that several traces can share a database.
    pub(crate) fn model(&self) -> String {
        let stem = self.file.file_stem().unwrap_or_default().to_string_lossy();
        stem.chars().take(255).collect()
    }
}
