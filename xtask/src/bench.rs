//! `cargo xtask bench`: benchmarks on servers that it starts itself.

use crate::backend::{self, Backend};
use crate::command::{Command, unknown};
use crate::error::{Error, Result};
use crate::servers::{Purpose, Servers};
use crate::{install, process};

/// The entry in the table of commands.
pub(crate) const COMMAND: Command = Command {
    name: "bench",
    usage: "[--only memory,sqlite,postgres,mariadb,mysql] NAME [WORDS FOR THE BENCHMARK]",
    about: "Runs a benchmark of benches/, with durable servers of its own and the clients of the
            databases (psql, mariadb, sqlite3), for example `cargo xtask bench ingest`.",
    run,
};

/// The client of each backend, and its package.
const CLIENTS: [(Backend, &str, &str); 4] = [
    (Backend::Sqlite, "sqlite3", "sqlite3"),
    (Backend::Postgres, "psql", "postgresql-client"),
    (Backend::Mariadb, "mariadb", "mariadb-client-core"),
    (Backend::Mysql, "mariadb", "mariadb-client-core"),
];

fn run(words: &[String]) -> Result<()> {
    let mut only = None;
    let mut words = words;
    // The flags of xtask come before the name; those after it are passed to the benchmark.
    while let [flag, rest @ ..] = words
        && flag.starts_with('-')
    {
        words = match (flag.split_once('='), rest) {
            (Some(("--only", list)), _) => {
                only = Some(backend::parse_list(list)?);
                rest
            }
            (None, [list, rest @ ..]) if flag == "--only" => {
                only = Some(backend::parse_list(list)?);
                rest
            }
            _ => return Err(unknown(flag)),
        };
    }
    if words.is_empty() {
        return Err(Error::new(
            "requires the name of a benchmark, for example ingest",
        ));
    }
    let wanted = only.clone().unwrap_or_else(|| Backend::ALL.to_vec());
    for (backend, program, package) in CLIENTS {
        if wanted.contains(&backend) {
            let is_there = || process::find(program).is_some();
            install::packages(&[package], is_there, program, "install that program")?;
        }
    }

    // Built before the servers are started, which would reduce the memory for the compiler.
    let manifest = process::workspace().join("benches/Cargo.toml");
    process::run(
        process::cargo()
            .args(["build", "--release", "--manifest-path"])
            .arg(&manifest),
    )?;
    let servers = Servers::start(&wanted, Purpose::Use, None)?;
    let mut command = process::cargo();
    command
        .args(["run", "--release", "--quiet", "--manifest-path"])
        .arg(&manifest)
        .arg("--");
    command.args(words).env_remove("GENLEDGER_ONLY");
    if let Some(only) = &only {
        command.env("GENLEDGER_ONLY", backend::list(only));
    }
    let status = servers.run(&mut command, None)?;
    if status.success() {
        return Ok(());
    }
    Err(Error::new(format!("the benchmark ended with {status}")))
}
