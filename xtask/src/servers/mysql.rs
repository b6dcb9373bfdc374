//! Starts a MySQL server, and the parts shared with MariaDB.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::account::Account;
use super::control::Recipe;
use super::{Durability, LOCKED_PASSWORD};
use crate::error::{Context as _, Result};
use crate::{install, process};

/// Both log this when they accept connections, MariaDB in the configured language; every start
/// begins a new log.
pub(super) const READY: &str = r#"grep -qs 'ready for connections\|bereit f' "$DIR/log""#;

/// Installs MySQL when it is missing.
pub(crate) fn install() -> Result<()> {
    install::mysql().map(drop)
}

/// The statements that create the users and the database. `--skip-name-resolve` makes 127.0.0.1
/// the name of the host.
pub(super) fn accounts() -> String {
    format!(
        "CREATE DATABASE genledger CHARACTER SET utf8mb4;\n\
         CREATE USER genledger@'127.0.0.1' IDENTIFIED BY '';\n\
         GRANT ALL PRIVILEGES ON *.* TO genledger@'127.0.0.1' WITH GRANT OPTION;\n\
         CREATE USER locked@'127.0.0.1' IDENTIFIED BY '{LOCKED_PASSWORD}';\n\
         GRANT ALL PRIVILEGES ON genledger.* TO locked@'127.0.0.1';\n"
    )
}

/// Options of servers without durability.
const FAST: [&str; 4] = [
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=OFF",
    "--skip-log-bin",
    "--sync-binlog=0",
];

/// The options that are the same for both.
pub(super) fn common_options(port: u16, durability: Durability) -> Vec<OsString> {
    let mut options = vec![OsString::from(format!("--port={port}"))];
    options.extend(
        [
            "--bind-address=127.0.0.1",
            // Below the data folder: the length of a socket's path is limited.
            "--socket=server.sock",
            "--pid-file=server.pid",
            "--skip-name-resolve",
            "--secure-file-priv=",
            "--local-infile=ON",
            "--max-allowed-packet=64M",
            "--max-connections=300",
            "--innodb-buffer-pool-size=256M",
        ]
        .map(OsString::from),
    );
    if durability == Durability::None {
        options.extend(FAST.map(OsString::from));
    }
    options
}

/// The option for a separate folder of temporary files: a starting server removes those of all
/// other servers.
pub(super) fn temporary(account: &Account, folder: &Path) -> Result<OsString> {
    let folder = folder.join("tmp");
    account.own_folder(&folder)?;
    let mut option = OsString::from("--tmpdir=");
    option.push(folder);
    Ok(option)
}

/// Creates an empty data folder with the users and the database.
pub(crate) fn prepare(folder: &Path, port: u16, durability: Durability) -> Result<Recipe> {
    let programs = install::mysql()?;
    let account = Account::find("mysql")?;
    let home = folder.join("home");
    account.own_folder(&home)?;
    // mysqld must create the folder itself, in a folder that belongs to it.
    let mut data = OsString::from("--datadir=");
    data.push(home.join("data"));

    let mut server = programs.mysqld;
    server.extend(["--no-defaults".into(), data, temporary(&account, folder)?]);
    if let Some(base) = programs.base {
        let mut option = OsString::from("--basedir=");
        option.push(base);
        server.push(option);
    }

    let statements = folder.join("accounts.sql");
    fs::write(&statements, accounts()).context(|| format!("writing {}", statements.display()))?;
    let mut init_file = OsString::from("--init-file=");
    init_file.push(&statements);
    let mut init = server.clone();
    init.extend(["--initialize-insecure".into(), init_file]);
    process::output(&mut account.command(&init)?)?;

    let mut command = account.prefix();
    command.extend(server);
    command.extend(common_options(port, durability));
    command.push("--mysqlx=OFF".into());
    Ok(Recipe {
        command,
        ready: READY,
        stop: "TERM",
        end: "KILL",
    })
}
