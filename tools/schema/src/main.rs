//! Prints the schema of genledger: `cargo xtask schema --format json`.

use std::io::Write as _;
use std::process::ExitCode;

use genledger_schema::{Indexes, ddl, dictionary, domains, json, mermaid};
use genledger_sql::{Dialect, MYSQL, POSTGRES, SQLITE};

const USAGE: &str = "usage: --format json|markdown|mermaid
       --format mysql|postgres|sqlite [--indexes own|legacy]";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let text = match Arguments::parse(&words) {
        Some(arguments) => arguments.text(),
        None => Err(USAGE.to_owned()),
    };
    let text = match text {
        Ok(text) => text,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    // A reader such as `head` may close the pipe before the end.
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// The command line.
struct Arguments {
    format: String,
    indexes: Option<Indexes>,
}

impl Arguments {
    /// Reads flags as `--flag value` and `--flag=value`, each once.
    fn parse(words: &[String]) -> Option<Self> {
        let (mut format, mut indexes) = (None, None);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (flag, value) = match word.split_once('=') {
                Some((flag, value)) => (flag, value),
                None => (word.as_str(), words.next()?.as_str()),
            };
            match flag {
                "--format" if format.is_none() => format = Some(value.to_owned()),
                "--indexes" if indexes.is_none() => indexes = Some(Indexes::named(value)?),
                _ => return None,
            }
        }
        let format = format?;
        Some(Self { format, indexes })
    }

    fn text(&self) -> Result<String, String> {
        if let Some(dialect) = self.dialect() {
            return Ok(ddl(dialect, self.indexes.unwrap_or_default()));
        }
        if self.indexes.is_some() {
            return Err(format!("--indexes is for statements of SQL\n{USAGE}"));
        }
        match self.format.as_str() {
            "json" => json().map_err(|error| error.to_string()),
            "markdown" => Ok(dictionary(None)),
            "mermaid" => Ok(domains().map(mermaid).collect::<Vec<_>>().join("\n")),
            _ => Err(USAGE.to_owned()),
        }
    }

    fn dialect(&self) -> Option<&'static Dialect> {
        match self.format.as_str() {
            "mysql" => Some(&MYSQL),
            "postgres" => Some(&POSTGRES),
            "sqlite" => Some(&SQLITE),
            _ => None,
        }
    }
}
