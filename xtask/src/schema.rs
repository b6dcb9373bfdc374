//! `cargo xtask schema`: the schema in other formats.

use crate::command::Command;
use crate::error::Result;
use crate::process;

/// The entry in the table of commands.
pub(crate) const COMMAND: Command = Command {
    name: "schema",
    usage: "--format json|markdown|mermaid|mysql|postgres|sqlite",
    about: "Prints every table: as JSON documents, a data dictionary, ER diagrams, or DDL.",
    run,
};

/// The program is a package of its own, since it needs the library.
fn run(words: &[String]) -> Result<()> {
    let mut command = process::cargo();
    command.args(["run", "--quiet", "--package", "genledger-schema", "--"]);
    process::run(command.args(words))
}
