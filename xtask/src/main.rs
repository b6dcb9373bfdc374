//! The commands of the project: run `cargo xtask help`.
//!
//! Only the standard library is used, so that a cold build takes seconds. A new command is one
//! file with a `COMMAND` in it and one line in [`COMMANDS`].

mod backend;
mod bench;
mod ci;
mod command;
mod error;
mod install;
mod mutants;
mod process;
mod schema;
mod servers;
mod test;

use std::process::ExitCode;

use command::Command;

/// Every command, in the order of `cargo xtask help`.
const COMMANDS: &[Command] = &[
    test::COMMAND,
    ci::COMMAND,
    bench::COMMAND,
    servers::COMMAND,
    schema::COMMAND,
    mutants::COMMAND,
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_else(|| String::from("help"));
    let rest: Vec<String> = words.collect();
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        command::print_help(COMMANDS);
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprintln!("xtask: no command {name:?}");
        command::print_help(COMMANDS);
        return ExitCode::FAILURE;
    };
    if rest
        .iter()
        .take_while(|word| *word != "--")
        .any(|word| word == "--help" || word == "-h")
    {
        command::print_usage(command);
        return ExitCode::SUCCESS;
    }
    match (command.run)(&rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is_printed() {
                eprintln!("\nxtask {name}: {error}");
            }
            ExitCode::FAILURE
        }
    }
}
