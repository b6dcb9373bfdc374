//! MySQL, which Debian has in sid only: installed into a separate tree of packages in the cache.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{cache, lock, mirror, packages};
use crate::error::{Context as _, Error, Result};
use crate::process;

/// The alternative for the user when MySQL is missing.
const INSTEAD: &str = "set GENLEDGER_MYSQL_URL to an empty database of a MySQL server";

/// The tree that root has created.
const SHARED: &str = "/var/cache/genledger/mysql";

/// The command and the base folder of `mysqld`.
#[derive(Debug)]
pub(crate) struct MysqlPrograms {
    /// The program and its first words.
    pub(crate) mysqld: Vec<OsString>,
    /// The folder with `share/mysql`, when it is not the one compiled in.
    pub(crate) base: Option<PathBuf>,
}

/// Finds MySQL, or creates the tree that contains it.
pub(crate) fn mysql() -> Result<MysqlPrograms> {
    if let Some(native) = native() {
        return Ok(native);
    }
    let tree = cache()?.join("mysql");
    // A tree that root has created can be used by every user.
    if let Some(existing) = [tree.as_path(), Path::new(SHARED)]
        .into_iter()
        .find(|tree| tree.exists())
    {
        return from_tree(existing);
    }
    create(&tree)?;
    from_tree(&tree)
}

/// The machine's own, unless it is MariaDB under the old name.
fn native() -> Option<MysqlPrograms> {
    let program = process::find("mysqld")?;
    let version = process::output(Command::new(&program).arg("--version")).ok()?;
    let is_mysql = !version.contains("MariaDB");
    is_mysql.then(|| MysqlPrograms {
        mysqld: vec![program.into()],
        base: None,
    })
}

/// `mysqld` of another release runs with the loader and the libraries of that release: neither a
/// chroot nor root is needed.
fn from_tree(tree: &Path) -> Result<MysqlPrograms> {
    let libraries =
        fs::read_dir(tree.join("usr/lib")).context(|| format!("in {}", tree.display()))?;
    for folder in libraries.flatten().map(|entry| entry.path()) {
        let Ok(files) = fs::read_dir(&folder) else {
            continue;
        };
        let loader = files.flatten().map(|entry| entry.path()).find(|file| {
            file.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("ld-linux"))
        });
        if let Some(loader) = loader {
            let mysqld = tree.join("usr/sbin/mysqld");
            return Ok(MysqlPrograms {
                mysqld: vec![
                    loader.into(),
                    "--library-path".into(),
                    folder.into(),
                    mysqld.into(),
                ],
                base: Some(tree.join("usr")),
            });
        }
    }
    Err(Error::new(format!(
        "{} has no dynamic loader: remove it and run again",
        tree.display()
    )))
}

/// Creates the tree under a temporary name and renames it after `mysqld` was run, so that an incomplete
/// tree is never used.
fn create(tree: &Path) -> Result<()> {
    packages(
        &["debootstrap", "debian-archive-keyring"],
        || process::find("debootstrap").is_some(),
        "MySQL (not in this release of Debian: debootstrap takes it from sid)",
        INSTEAD,
    )?;
    if !process::is_root() {
        return Err(Error::new(format!(
            "MySQL is not installed and debootstrap needs root: run this once as root or {INSTEAD}"
        )));
    }
    let _lock = lock()?;
    if tree.exists() {
        return Ok(()); // Another run has just created it.
    }
    let partial = tree.with_extension("partial");
    remove(&partial)?;
    let mirror = mirror::debian();
    eprintln!(
        "xtask: installing MySQL of Debian sid from {mirror} into {}",
        tree.display()
    );
    eprintln!("xtask: this takes one or two minutes, and only once");
    let created = process::output(
        Command::new("debootstrap")
            .args(["--variant=minbase", "--include=mysql-server-core", "sid"])
            .arg(&partial)
            .arg(&mirror),
    )
    .and_then(|_| check(&partial));
    if let Err(error) = created {
        remove(&partial)?;
        return Err(Error::new(format!(
            "MySQL could not be installed; {INSTEAD}\n{error}"
        )));
    }
    for unneeded in [
        "var/cache/apt",
        "var/lib/apt",
        "usr/share/doc",
        "usr/share/man",
    ] {
        remove(&partial.join(unneeded))?;
    }
    fs::rename(&partial, tree).context(|| format!("renaming to {}", tree.display()))
}

/// Whether the tree has a `mysqld` that runs here.
fn check(tree: &Path) -> Result<()> {
    let programs = from_tree(tree)?;
    let (program, words) = programs
        .mysqld
        .split_first()
        .ok_or_else(|| Error::new("no program in the tree"))?;
    let version = process::output(Command::new(program).args(words).arg("--version"))?;
    eprintln!("xtask: {}", version.trim());
    Ok(())
}

/// Removes a tree. A killed debootstrap leaves `/proc` mounted in it, which must not be entered.
fn remove(tree: &Path) -> Result<()> {
    for mounted in ["proc", "sys", "dev"] {
        let path = tree.join(mounted);
        if path.exists() {
            // Usually nothing is mounted there, so errors are ignored.
            let _not_mounted = process::output(Command::new("umount").arg(path));
        }
    }
    process::output(
        Command::new("rm")
            .args(["-rf", "--one-file-system"])
            .arg(tree),
    )
    .map(drop)
}
