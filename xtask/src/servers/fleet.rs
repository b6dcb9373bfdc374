//! The servers of one run.

use std::env;
use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use super::control::{self, Recipe, write_executable};
use super::watchdog::Watchdog;
use super::{LOCKED_PASSWORD, mariadb, mysql, port, postgres};
use crate::backend::Backend;
use crate::error::{Context as _, Error, Result};
use crate::process::quoted;

/// Servers that run until this value is dropped.
#[derive(Debug)]
pub(crate) struct Fleet {
    folder: PathBuf,
    variables: Vec<(String, String)>,
    watchdog: Watchdog,
}

impl Fleet {
    /// Starts a server for each backend that has one, unless its URL is in the environment.
    pub(crate) fn start(wanted: &[Backend], folder: Option<&Path>) -> Result<Self> {
        let own: Vec<Backend> = wanted
            .iter()
            .copied()
            .filter(|one| needs_start(*one))
            .collect();
        if !own.is_empty() && !Path::new("/proc/self/status").exists() {
            return Err(Error::new(format!(
                "servers of our own need Linux; start them yourself (compose.yaml) and set {}",
                own.iter()
                    .map(|one| one.variable("URL"))
                    .collect::<Vec<_>>()
                    .join(", ")
            )));
        }
        for backend in &own {
            match backend {
                Backend::Postgres => postgres::install()?,
                Backend::Mariadb => mariadb::install()?,
                Backend::Mysql => mysql::install()?,
                Backend::Memory | Backend::Sqlite => {}
            }
        }
        let folder = make_folder(folder)?;
        write_executable(&folder.join("stop"), &stop_script(&folder))?;
        let mut fleet = Self {
            watchdog: Watchdog::start(&folder)?,
            folder,
            variables: Vec::new(),
        };
        fleet.start_all(&own)?;
        Ok(fleet)
    }

    /// The variables that tell tests and benchmarks where the servers are.
    pub(crate) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// The folder with everything of this run; it is removed at the end.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Leaves the servers running, and `env` and `stop` in the folder.
    pub(crate) fn release(self) -> Result<PathBuf> {
        let path = self.folder.join("env");
        fs::write(&path, self.exports()).context(|| format!("writing {}", path.display()))?;
        self.watchdog.release();
        Ok(self.folder)
    }

    /// The variables as lines for a shell.
    pub(crate) fn exports(&self) -> String {
        let line = |(name, value): &(String, String)| format!("export {name}={}\n", quoted(value));
        self.variables.iter().map(line).collect()
    }

    /// They start side by side: most of the time is spent waiting for the disk.
    fn start_all(&mut self, own: &[Backend]) -> Result<()> {
        let folder = &self.folder;
        let results: Vec<Result<Vec<(String, String)>>> = thread::scope(|scope| {
            let threads: Vec<_> = own
                .iter()
                .map(|backend| scope.spawn(|| start_one(&folder.join(backend.name()), *backend)))
                .collect();
            threads
                .into_iter()
                .map(|thread| {
                    thread
                        .join()
                        .unwrap_or_else(|_| Err(Error::new("a thread panicked")))
                })
                .collect()
        });
        for result in results {
            self.variables.extend(result?);
        }
        Ok(())
    }
}

/// Whether we start it: there is a server for it, and none is given to us.
fn needs_start(backend: Backend) -> bool {
    if !backend.has_server() {
        return false;
    }
    let variable = backend.variable("URL");
    let is_given = env::var_os(&variable).is_some_and(|url| !url.is_empty());
    if is_given {
        eprintln!("xtask: {} as given by {variable}", backend.name());
    }
    !is_given
}

/// Prepares and starts one server.
fn start_one(folder: &Path, backend: Backend) -> Result<Vec<(String, String)>> {
    let began = Instant::now();
    fs::create_dir(folder).context(|| format!("making {}", folder.display()))?;
    let port = port::free()?;
    let recipe = prepare(folder, port, backend)?;
    control::write(folder, backend, &recipe)?;
    control::call(folder, "start")?;
    eprintln!(
        "xtask: {} on 127.0.0.1:{port} after {:.1} s",
        backend.name(),
        began.elapsed().as_secs_f64()
    );
    let scheme = if backend == Backend::Postgres {
        "postgres"
    } else {
        "mysql"
    };
    let place = format!("127.0.0.1:{port}/genledger");
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

/// Makes the folder of a run, which every user can enter: the servers are other users.
fn make_folder(wanted: Option<&Path>) -> Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = match wanted {
        Some(folder) => std::path::absolute(folder).context(|| folder.display().to_string())?,
        None => {
            let random = RandomState::new().hash_one("folder");
            env::temp_dir().join(format!("genledger-{random:016x}"))
        }
    };
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::new(format!("{} is not empty", folder.display())));
    }
    fs::create_dir_all(&folder)
        .and_then(|()| fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)))
        .context(|| format!("making {}", folder.display()))?;
    Ok(folder)
}

/// Stops every server of a folder, and removes the folder.
fn stop_script(folder: &Path) -> String {
    format!(
        "#!/bin/sh\n\
         # Stops the servers of this folder and removes it. Made by `cargo xtask`.\n\
         cd /\n\
         folder={}\n\
         for control in \"$folder\"/*/control; do\n\
         \x20   [ -x \"$control\" ] && \"$control\" stop &\n\
         done\n\
         wait\n\
         rm -rf \"$folder\"\n",
        quoted(folder)
    )
}
