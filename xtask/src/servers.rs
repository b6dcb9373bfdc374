//! `cargo xtask servers`: starts database servers.
//!
//! Each has an empty folder and a free port, and accepts connections from this machine only. Their files
//! are removed at the end.

mod account;
mod control;
mod folder;
mod hostile;
mod mariadb;
mod mysql;
mod one;
mod pgbouncer;
mod port;
mod postgres;
mod running;
mod watchdog;

use std::io;
use std::path::PathBuf;

use crate::backend::Backend;
use crate::command::{Command, Words, unknown};
use crate::error::{Context as _, Result};

pub(crate) use running::Servers;

/// The purpose of servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Benchmarks and manual use: with default durability.
    Use,
    /// Tests: the servers lose data in a crash, so that they need not wait for the disk. Each has two more
    /// beside it: a durable one, for the tests that kill it, and one with adverse settings. PostgreSQL also
    /// has a `PgBouncer`.
    Tests,
}

/// The durability of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durability {
    /// The default of the server.
    Default,
    /// No waiting for the disk.
    None,
}

/// The password of the user `locked` of every server; `genledger` needs none.
const LOCKED_PASSWORD: &str = "open-sesame";

/// The entry in the table of commands.
pub(crate) const COMMAND: Command = Command {
    name: "servers",
    usage: "[--only postgres,mariadb,mysql] [--tests] [--detach DIR]",
    about: "Starts PostgreSQL, MariaDB and MySQL, prints their URLs and waits for Enter.
            --tests starts those of `test`: fast ones that lose data in a crash, and durable ones.
            --detach leaves them running: `. DIR/env` sets the URLs, `DIR/stop` ends them.",
    run,
};

fn run(words: &[String]) -> Result<()> {
    let mut only = Backend::ALL.to_vec();
    let mut detach = None;
    let mut purpose = Purpose::Use;
    let mut words = Words::new(words);
    while let Some((flag, inline)) = words.next() {
        match flag {
            "--only" => only = words.only(flag, inline)?,
            "--tests" => purpose = Purpose::Tests,
            "--detach" => detach = Some(PathBuf::from(words.value(flag, inline)?)),
            other => return Err(unknown(other)),
        }
    }
    let servers = Servers::start(&only, purpose, detach.as_deref())?;
    print!("{}", servers.exports());
    if detach.is_some() {
        let folder = servers.release()?;
        eprintln!(
            "xtask: {0}/env has the URLs, {0}/stop stops the servers",
            folder.display()
        );
        return Ok(());
    }
    eprintln!("xtask: Enter or Ctrl-C stops the servers");
    let mut line = String::new();
    io::stdin()
        .read_line(&mut line)
        .context(|| String::from("waiting for Enter"))?;
    Ok(())
}
