//! The system user that a server runs as: no server runs as root.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::error::{Context as _, Error, Result};
use crate::process;

/// A user that owns a server's files and processes.
#[derive(Debug)]
pub(crate) struct Account {
    /// Its user and group id; `None` when xtask does not run as root.
    ids: Option<(u32, u32)>,
}

impl Account {
    /// The preferred user, otherwise `nobody`; the current user when that is not root.
    pub(crate) fn find(preferred: &str) -> Result<Self> {
        if !process::is_root() {
            return Ok(Self { ids: None });
        }
        let users = fs::read_to_string("/etc/passwd").context(|| String::from("/etc/passwd"))?;
        let ids = ids_of(&users, preferred).or_else(|| ids_of(&users, "nobody"));
        if ids.is_none() {
            return Err(Error::new(format!(
                "no user {preferred} and no user nobody"
            )));
        }
        Ok(Self { ids })
    }

    /// The words before a command that make it run as this user.
    pub(crate) fn prefix(&self) -> Vec<OsString> {
        let Some((user, group)) = self.ids else {
            return Vec::new();
        };
        [
            "setpriv",
            &format!("--reuid={user}"),
            &format!("--regid={group}"),
            "--clear-groups",
            "--",
        ]
        .map(OsString::from)
        .to_vec()
    }

    /// A command that runs as this user, in a folder that it can enter.
    pub(crate) fn command(&self, words: &[OsString]) -> Result<Command> {
        let mut all = self.prefix();
        all.extend_from_slice(words);
        let (program, rest) = all
            .split_first()
            .ok_or_else(|| Error::new("an empty command"))?;
        let mut command = Command::new(program);
        // cargo sets the library path for its own programs, not for servers.
        command
            .args(rest)
            .current_dir("/")
            .env_remove("LD_LIBRARY_PATH");
        Ok(command)
    }

    /// Creates a folder that belongs to this user.
    pub(crate) fn own_folder(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).context(|| format!("creating {}", folder.display()))?;
        if let Some((user, group)) = self.ids {
            std::os::unix::fs::chown(folder, Some(user), Some(group))
                .context(|| format!("chown {user} {}", folder.display()))?;
        }
        Ok(())
    }
}

/// The numbers of a user in the text of `/etc/passwd`.
fn ids_of(users: &str, name: &str) -> Option<(u32, u32)> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let user = fields.nth(1)?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        Some((user, group))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_by_name() {
        let users = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533:nobody:/:/x\n";
        assert_eq!(ids_of(users, "nobody"), Some((65534, 65533)));
        assert_eq!(ids_of(users, "mysql"), None);
    }
}
