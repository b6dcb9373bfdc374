//! Starting one server.

use std::fs;
use std::path::Path;
use std::time::Instant;

use super::control::{self, Recipe};
use super::{
    Durability, LOCKED_PASSWORD, Purpose, hostile, mariadb, mysql, pgbouncer, port, postgres,
};
use crate::backend::Backend;
use crate::error::{Context as _, Error, Result};

/// The role of a server in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// For all tests, including those that kill it.
    All,
    /// For every test that kills no server.
    Fast,
    /// For the tests that kill it.
    Killed,
    /// For the tests of settings: with adverse settings.
    Hostile,
}

impl Role {
    /// The servers of each backend.
    pub(super) fn of(purpose: Purpose) -> &'static [Self] {
        match purpose {
            Purpose::Use => &[Self::All],
            Purpose::Tests => &[Self::Fast, Self::Killed, Self::Hostile],
        }
    }

    fn durability(self) -> Durability {
        match self {
            Self::All | Self::Killed => Durability::Default,
            Self::Fast | Self::Hostile => Durability::None,
        }
    }

    /// The middle part of the names of variables, after the name of the backend.
    fn infixes(self) -> &'static [&'static str] {
        match self {
            Self::All => &["", "DURABLE_"],
            Self::Fast => &[""],
            Self::Killed => &["DURABLE_"],
            Self::Hostile => &["HOSTILE_"],
        }
    }

    fn name(self, backend: Backend) -> String {
        match self {
            Self::All | Self::Fast => backend.name().to_owned(),
            Self::Killed => format!("{}-durable", backend.name()),
            Self::Hostile => format!("{}-hostile", backend.name()),
        }
    }
}

/// Prepares and starts a server below the folder of a run, and returns its variables.
pub(super) fn start(folder: &Path, backend: Backend, role: Role) -> Result<Vec<(String, String)>> {
    let began = Instant::now();
    let name = role.name(backend);
    let run = folder;
    let folder = &run.join(&name);
    fs::create_dir(folder).context(|| format!("creating {}", folder.display()))?;
    let port = port::free()?;
    let number = port.number();
    let mut recipe = prepare(folder, number, backend, role.durability())?;
    if role == Role::Hostile {
        recipe.command.extend(hostile::options(folder, backend)?);
    }
    control::write(folder, &name, &recipe)?;
    port.release();
    control::call(folder, "start")?;
    eprintln!(
        "xtask: {name} on 127.0.0.1:{number} after {:.1} s",
        began.elapsed().as_secs_f64()
    );
    let scheme = if backend == Backend::Postgres {
        "postgres"
    } else {
        "mysql"
    };
    let place = format!("127.0.0.1:{number}/genledger");
    // Most tests open a store, and a TLS handshake waits several times for a delayed ACK. TLS is tested on
    // the other servers.
    let plain = if scheme == "mysql" && role == Role::Fast {
        "?ssl-mode=DISABLED"
    } else {
        ""
    };
    let values = [
        ("URL", format!("{scheme}://genledger@{place}{plain}")),
        (
            "LOCKED_URL",
            format!("{scheme}://locked:{LOCKED_PASSWORD}@{place}"),
        ),
        ("CONTROL", control::path(folder).display().to_string()),
    ];
    let variables = role.infixes().iter().flat_map(|infix| {
        let named = |(what, value): &(&str, String)| {
            let name = backend.variable(&format!("{infix}{what}"));
            (name, value.clone())
        };
        values.iter().map(named).collect::<Vec<_>>()
    });
    let mut variables: Vec<_> = variables.collect();
    if backend == Backend::Postgres && role == Role::Fast {
        variables.extend(pgbouncer::start(&run.join("pgbouncer"), number)?);
    }
    Ok(variables)
}

/// Creates the data folder of a server.
fn prepare(folder: &Path, port: u16, backend: Backend, durability: Durability) -> Result<Recipe> {
    match backend {
        Backend::Postgres => postgres::prepare(folder, port, durability),
        Backend::Mariadb => mariadb::prepare(folder, port, durability),
        Backend::Mysql => mysql::prepare(folder, port, durability),
        Backend::Memory | Backend::Sqlite => Err(Error::new("no server for this backend")),
    }
}
