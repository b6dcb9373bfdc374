//! The bulk loaders of the databases, run as programs.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::process::Command;

use crate::columns;

/// The command that loads a file of CSV.
pub type Load = Box<dyn Fn(&Path) -> Command + Send + Sync>;

/// `psql` with `\copy`; NULL is the word NULL.
pub fn psql(url: &str) -> Load {
    let url = url.to_owned();
    Box::new(move |file| {
        let mut command = Command::new("psql");
        command
            .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"])
            .arg(&url);
        command.arg("--command").arg(format!(
            "\\copy logs ({}) FROM '{}' WITH (FORMAT csv, NULL 'NULL')",
            columns('"'),
            file.display()
        ));
        silent(command)
    })
}

/// `mariadb` with LOAD DATA LOCAL INFILE, which also works with MySQL; NULL is the word NULL.
///
/// # Errors
/// When it is not a URL of a server.
pub fn load_data(url: &str) -> Result<Load> {
    let url = url::Url::parse(url)?;
    let host = url.host_str().context("the URL has no host")?.to_owned();
    let program = if on_path("mariadb") {
        "mariadb"
    } else {
        "mysql"
    };
    Ok(Box::new(move |file| {
        let mut command = Command::new(program);
        // `--no-defaults` must be the first option.
        command.args(["--no-defaults", "--local-infile=1", "--protocol=tcp"]);
        command.args(["--default-character-set=utf8mb4", "--host", &host]);
        command.args(["--user", url.username()]);
        command.args(["--port", &url.port().unwrap_or(3306).to_string()]);
        if let Some(password) = url.password() {
            command.env("MYSQL_PWD", password);
        }
        command.args(["--database", url.path().trim_start_matches('/')]);
        // No escape character: JSON contains backslashes.
        command.arg("--execute").arg(format!(
            "LOAD DATA LOCAL INFILE '{}' INTO TABLE logs CHARACTER SET utf8mb4 \
             FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '' \
             LINES TERMINATED BY '\\n' ({})",
            file.display(),
            columns('`')
        ));
        silent(command)
    }))
}

/// The shell of SQLite with `.import`, which is one transaction. It has no NULL: such a column
/// becomes the empty text.
pub fn sqlite3(url: &str) -> Load {
    let path = url.trim_start_matches("sqlite:").to_owned();
    Box::new(move |file| {
        let mut command = Command::new("sqlite3");
        command.args(["-batch", "-bail", "-cmd", "PRAGMA synchronous=NORMAL"]);
        command
            .arg(&path)
            .arg(format!(".import --csv '{}' logs", file.display()));
        silent(command)
    })
}

fn silent(mut command: Command) -> Command {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).exists())
}
