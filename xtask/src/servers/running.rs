//! The servers of one run.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use super::one::{self, Role};
use super::watchdog::Watchdog;
use super::{Purpose, folder, mariadb, mysql, pgbouncer, postgres};
use crate::backend::Backend;
use crate::error::{Context as _, Error, Result};
use crate::process::{self, quoted};

/// Servers that run until this value is dropped.
#[derive(Debug)]
pub(crate) struct Servers {
    folder: PathBuf,
    variables: Vec<(String, String)>,
    watchdog: Watchdog,
}

impl Servers {
    /// Starts a server for each backend that has one, unless its URL is in the environment.
    pub(crate) fn start(
        wanted: &[Backend],
        purpose: Purpose,
        folder: Option<&Path>,
    ) -> Result<Self> {
        let own: Vec<Backend> = wanted
            .iter()
            .copied()
            .filter(|one| needs_start(*one))
            .collect();
        if !own.is_empty() && !Path::new("/proc/self/status").exists() {
            return Err(Error::new(format!(
                "xtask starts servers on Linux only; start them yourself (compose.yaml) and set {}",
                own.iter()
                    .map(|one| one.variable("URL"))
                    .collect::<Vec<_>>()
                    .join(", ")
            )));
        }
        for backend in &own {
            match backend {
                Backend::Postgres => {
                    postgres::install()?;
                    if purpose == Purpose::Tests {
                        pgbouncer::install()?;
                    }
                }
                Backend::Mariadb => mariadb::install()?,
                Backend::Mysql => mysql::install()?,
                Backend::Memory | Backend::Sqlite => {}
            }
        }
        let folder = folder::create(folder, purpose)?;
        let mut servers = Self {
            watchdog: Watchdog::start(&folder)?,
            folder,
            variables: Vec::new(),
        };
        servers.start_all(&own, purpose)?;
        Ok(servers)
    }

    /// Runs a program with the variables that contain the URLs of the servers, and stops it when
    /// xtask is stopped. With `on_line`, its standard output is read line by line.
    pub(crate) fn run(
        &self,
        command: &mut Command,
        on_line: Option<&mut dyn FnMut(&str)>,
    ) -> Result<ExitStatus> {
        let doing = process::shown(command);
        // Its own group, so that the watchdog reaches everything it started.
        command.process_group(0).stdin(Stdio::null());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        if on_line.is_some() {
            command.stdout(Stdio::piped());
        }
        let mut child = command.spawn().context(|| format!("running {doing}"))?;
        let running = self.folder.join("running");
        fs::write(&running, child.id().to_string())
            .context(|| format!("writing {}", running.display()))?;
        if let (Some(on_line), Some(output)) = (on_line, child.stdout.take()) {
            for line in BufReader::new(output).split(b'\n') {
                let line = line.context(|| format!("reading from {doing}"))?;
                on_line(&String::from_utf8_lossy(&line));
            }
        }
        let status = child.wait().context(|| format!("waiting for {doing}"))?;
        fs::remove_file(&running).context(|| format!("removing {}", running.display()))?;
        Ok(status)
    }

    /// Leaves the servers running, and `env` and `stop` in the folder.
    pub(crate) fn release(self) -> Result<PathBuf> {
        let path = self.folder.join("env");
        fs::write(&path, self.exports()).context(|| format!("writing {}", path.display()))?;
        self.watchdog.release();
        Ok(self.folder)
    }

    /// The variables with the URLs of the servers.
    pub(crate) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// The variables as lines for a shell.
    pub(crate) fn exports(&self) -> String {
        let line = |(name, value): &(String, String)| format!("export {name}={}\n", quoted(value));
        self.variables.iter().map(line).collect()
    }

    /// They are started concurrently: most of the time is spent waiting for the disk.
    fn start_all(&mut self, own: &[Backend], purpose: Purpose) -> Result<()> {
        let folder = &self.folder;
        let results: Vec<Result<Vec<(String, String)>>> = thread::scope(|scope| {
            let threads: Vec<_> = own
                .iter()
                .flat_map(|backend| Role::of(purpose).iter().map(|role| (*backend, *role)))
                .map(|(backend, role)| scope.spawn(move || one::start(folder, backend, role)))
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

/// Whether xtask starts it: the backend has a server, and no URL is set.
fn needs_start(backend: Backend) -> bool {
    if !backend.has_server() {
        return false;
    }
    let variable = backend.variable("URL");
    let is_given = env::var_os(&variable).is_some_and(|url| !url.is_empty());
    if is_given {
        eprintln!("xtask: {} at the URL in {variable}", backend.name());
    }
    !is_given
}
