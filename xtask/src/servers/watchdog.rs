//! Stops the servers when xtask ends, however it ends.
//!
//! A shell in its own process group waits for the end of its input, a pipe from xtask.
//! The kernel closes the pipe at a return, a panic, Ctrl-C and `kill -9` alike. This is the only way
//! in which servers are stopped at the end, so every run tests it.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::error::{Context as _, Result};

/// `$1` is the folder of the servers. A running test is killed first.
const SCRIPT: &str = r#"
trap '' INT TERM HUP PIPE
read -r word
[ "$word" = release ] && exit 0
group=$(cat "$1/running" 2>/dev/null) && kill -TERM "-$group" 2>/dev/null
exec sh "$1/stop"
"#;

/// A shell that runs the `stop` script of a folder when this value is dropped, or when this
/// process ends.
#[derive(Debug)]
pub(crate) struct Watchdog {
    shell: Child,
}

impl Watchdog {
    /// Starts watching over a folder.
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        let shell = Command::new("sh")
            .args(["-c", SCRIPT, "watchdog"])
            .arg(folder)
            .process_group(0)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context(|| String::from("starting the watchdog"))?;
        Ok(Self { shell })
    }

    /// Leaves the servers running.
    pub(crate) fn release(mut self) {
        if let Some(input) = &mut self.shell.stdin {
            // If the shell has ended already, there is nothing to release.
            let _gone = input.write_all(b"release\n");
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // An error cannot be reported in `drop`.
        let _status = self.shell.wait();
    }
}
