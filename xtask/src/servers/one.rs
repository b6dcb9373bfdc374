//! Starting one server.

use std::fs;
use std::path::Path;
use std::time::Instant;

use super::control::{self, Recipe};
use super::{LOCKED_PASSWORD, mariadb, mysql, port, postgres};
use crate::backend::Backend;
use crate::error::{Context as _, Error, Result};

/// Prepares and starts a server, and gives back the variables about it.
pub(super) fn start(folder: &Path, backend: Backend) -> Result<Vec<(String, String)>> {
    let began = Instant::now();
    fs::create_dir(folder).context(|| format!("making {}", folder.display()))?;
    let port = port::free()?;
    let number = port.number();
    let recipe = prepare(folder, number, backend)?;
    control::write(folder, backend, &recipe)?;
    port.give();
    control::call(folder, "start")?;
    eprintln!(
        "xtask: {} on 127.0.0.1:{number} after {:.1} s",
        backend.name(),
        began.elapsed().as_secs_f64()
    );
    let scheme = if backend == Backend::Postgres {
        "postgres"
    } else {
        "mysql"
    };
    let place = format!("127.0.0.1:{number}/genledger");
    Ok(vec![
        (
            backend.variable("URL"),
            format!("{scheme}://genledger@{place}"),
        ),
        (
            backend.variable("LOCKED_URL"),
            format!("{scheme}://locked:{LOCKED_PASSWORD}@{place}"),
        ),
        (
            backend.variable("CONTROL"),
            control::path(folder).to_string_lossy().into_owned(),
        ),
    ])
}

/// Makes the data folder of a server.
fn prepare(folder: &Path, port: u16, backend: Backend) -> Result<Recipe> {
    match backend {
        Backend::Postgres => postgres::prepare(folder, port),
        Backend::Mariadb => mariadb::prepare(folder, port),
        Backend::Mysql => mysql::prepare(folder, port),
        Backend::Memory | Backend::Sqlite => Err(Error::new("no server for this backend")),
    }
}
