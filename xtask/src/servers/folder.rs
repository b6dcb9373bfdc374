//! The folder of a run.

use std::env;
use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::control::write_executable;
use crate::error::{Context as _, Error, Result};
use crate::process::quoted;

/// Makes the folder of a run, with its `stop` script. Every user can enter: the
/// servers are other users.
pub(super) fn make(wanted: Option<&Path>) -> Result<PathBuf> {
    let folder = if let Some(folder) = wanted {
        std::path::absolute(folder).context(|| folder.display().to_string())?
    } else {
        let random = RandomState::new().hash_one("folder");
        env::temp_dir().join(format!("genledger-{random:016x}"))
    };
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::new(format!("{} is not empty", folder.display())));
    }
    fs::create_dir_all(&folder)
        .and_then(|()| fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)))
        .context(|| format!("making {}", folder.display()))?;
    write_executable(&folder.join("stop"), &stop_script(&folder))?;
    Ok(folder)
}

/// Stops every server of a folder, and removes the folder.
fn stop_script(folder: &Path) -> String {
    include_str!("stop.sh").replace("@FOLDER@", &quoted(folder))
}
