//! The folder of a run.

use std::env;
use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Purpose;
use super::control::write_executable;
use crate::error::{Context as _, Error, Result};
use crate::process::{self, quoted};

/// A file system in memory, on most Linux systems.
const MEMORY: &str = "/dev/shm";

/// The space that the servers of a test run need in it, and in memory.
const SPACE: u64 = 6 << 20;

/// Creates the folder of a run, with its `stop` script. Every user can enter it, since the
/// servers run as other users.
pub(super) fn create(wanted: Option<&Path>, purpose: Purpose) -> Result<PathBuf> {
    let folder = if let Some(folder) = wanted {
        std::path::absolute(folder).context(|| folder.display().to_string())?
    } else {
        let random = RandomState::new().hash_one("folder");
        let parent = match purpose {
            Purpose::Tests if has_space() => PathBuf::from(MEMORY),
            Purpose::Tests | Purpose::Use => env::temp_dir(),
        };
        parent.join(format!("genledger-{random:016x}"))
    };
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::new(format!("{} is not empty", folder.display())));
    }
    fs::create_dir_all(&folder)
        .and_then(|()| fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)))
        .context(|| format!("creating {}", folder.display()))?;
    write_executable(&folder.join("stop"), &stop_script(&folder))?;
    Ok(folder)
}

/// Stops every server of a folder, and removes the folder.
fn stop_script(folder: &Path) -> String {
    include_str!("stop.sh").replace("@FOLDER@", &quoted(folder))
}

/// Whether data folders in memory leave enough memory for the tests. Containers have 64 MiB there.
fn has_space() -> bool {
    let free = process::output(Command::new("df").args(["-kP", MEMORY]));
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let free = free.ok().and_then(|table| free_blocks(&table));
    let available = kibibytes(&memory, "MemAvailable:");
    free.min(available).is_some_and(|least| least >= SPACE)
}

/// The column `Available` of `df -kP`.
fn free_blocks(table: &str) -> Option<u64> {
    let row = table.lines().nth(1)?;
    row.split_whitespace().nth(3)?.parse().ok()
}

/// A line of `/proc/meminfo`.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        let table = "Filesystem 1024-blocks Used Available Capacity Mounted on\n\
                     tmpfs 65536 0 65000 0% /dev/shm\n";
        assert_eq!(free_blocks(table), Some(65_000));
        assert_eq!(free_blocks("Filesystem"), None);
        let memory = "MemTotal: 24 kB\nMemAvailable:   12345 kB\n";
        assert_eq!(kibibytes(memory, "MemAvailable:"), Some(12_345));
        assert_eq!(kibibytes(memory, "SwapFree:"), None);
    }
}
