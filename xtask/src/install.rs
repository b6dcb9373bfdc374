//! Installing the programs that a command needs, on Debian and Ubuntu as root.
//!
//! This is the only part that changes the machine: it prints what it installs, holds a lock meanwhile, and
//! starts no service.

mod apt;
mod mirror;
mod mysql;

use std::env;
use std::fs::{self, File};
use std::path::PathBuf;

use crate::error::{Context as _, Error, Result};
use crate::process;

pub(crate) use apt::packages;
pub(crate) use mysql::mysql;

/// The cache folder, which outlives a run.
fn cache() -> Result<PathBuf> {
    if let Some(folder) = env::var_os("GENLEDGER_CACHE") {
        return Ok(PathBuf::from(folder));
    }
    if process::is_root() {
        // Not below root's home: the servers run as another user, which cannot read it.
        return Ok(PathBuf::from("/var/cache/genledger"));
    }
    env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .map(|folder| folder.join("genledger"))
        .ok_or_else(|| Error::new("neither HOME nor XDG_CACHE_HOME nor GENLEDGER_CACHE is set"))
}

/// Locks installing: waits for other runs that install something, and blocks them until the file is dropped.
fn lock() -> Result<File> {
    let folder = cache()?;
    fs::create_dir_all(&folder).context(|| format!("creating {}", folder.display()))?;
    let path = folder.join("install.lock");
    let file = File::create(&path).context(|| format!("creating {}", path.display()))?;
    file.lock()
        .context(|| format!("locking {}", path.display()))?;
    Ok(file)
}

/// A field of `/etc/os-release`.
fn os_release(field: &str) -> Option<String> {
    let text = fs::read_to_string("/etc/os-release").ok()?;
    text.lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix('='))
        .map(|value| value.trim_matches('"').to_owned())
}
