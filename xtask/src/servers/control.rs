//! The script that starts, stops and kills a server.
//!
//! Tests of faults run it, so it is a script; xtask uses it as well, so that there is one way to
//! start a server.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Context as _, Result};
use crate::process::{self, quoted};

/// The script, with placeholders between `@`.
const TEMPLATE: &str = include_str!("control.sh");

/// The commands of a prepared server.
#[derive(Debug)]
pub(crate) struct Recipe {
    /// The command; it runs in the foreground.
    pub(crate) command: Vec<OsString>,
    /// A line of shell that succeeds when the server accepts connections.
    pub(crate) ready: &'static str,
    /// The signal for a clean stop, without waiting for clients.
    pub(crate) stop: &'static str,
    /// The signal for an immediate stop that leaves nothing outside of its folder.
    pub(crate) end: &'static str,
}

/// The path of the script of a server.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join("control")
}

/// Writes the script of a server.
pub(crate) fn write(folder: &Path, name: &str, recipe: &Recipe) -> Result<()> {
    let command: Vec<String> = recipe.command.iter().map(quoted).collect();
    let script = TEMPLATE
        .replace("@NAME@", name)
        .replace("@DIR@", &quoted(folder))
        .replace("@READY@", recipe.ready)
        .replace("@STOP@", recipe.stop)
        .replace("@END@", recipe.end)
        .replace("@COMMAND@", &command.join(" "));
    write_executable(&path(folder), &script)
}

/// Runs the script.
pub(crate) fn call(folder: &Path, word: &str) -> Result<()> {
    process::output(Command::new(path(folder)).arg(word)).map(drop)
}

/// Writes a file that can be run.
pub(crate) fn write_executable(path: &Path, text: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text)
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o755)))
        .context(|| format!("writing {}", path.display()))
}
