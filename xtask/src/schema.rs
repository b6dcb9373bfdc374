//! `cargo xtask schema`: the schema in other formats.

use crate::command::Command;
use crate::error::Result;
use crate::process;

/// The entry in the table of commands.
pub(crate) const COMMAND: Command = Command {
    name: "schema",
    usage: "--format json|markdown|mermaid|mysql|postgres|sqlite [--indexes own|legacy]",
    about: "Prints every table: as JSON documents, a data dictionary, ER diagrams, or DDL.
            DDL has the library's own indexes, or with --indexes legacy those on single columns of
            the usage log that existing systems have.",
    run,
};

/// The program is a separate package, since it needs the library.
fn run(words: &[String]) -> Result<()> {
    let mut command = process::cargo();
    command.args(["run", "--quiet", "--package", "genledger-schema", "--"]);
    process::run(command.args(words))
}
