//! Prints the schema of genledger: `cargo xtask schema --format json`.

use std::io::Write as _;
use std::process::ExitCode;

use genledger_schema::{ddl, dictionary, domains, json, mermaid};
use genledger_sql::{MYSQL, POSTGRES, SQLITE};

const USAGE: &str = "usage: --format json|markdown|mermaid|mysql|postgres|sqlite";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let format = match words.as_slice() {
        ["--format", format] => *format,
        [word] => word.strip_prefix("--format=").unwrap_or_default(),
        _ => "",
    };
    let text = match format {
        "json" => json().ok(),
        "markdown" => Some(dictionary(None)),
        "mermaid" => Some(domains().map(mermaid).collect::<Vec<_>>().join("\n")),
        "mysql" => Some(ddl(&MYSQL)),
        "postgres" => Some(ddl(&POSTGRES)),
        "sqlite" => Some(ddl(&SQLITE)),
        _ => None,
    };
    let Some(text) = text else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    // Whoever reads may stop before the end, as `head` does.
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
