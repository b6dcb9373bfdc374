//! Starts a MariaDB server.

use std::ffi::OsString;
use std::path::Path;

use super::account::Account;
use super::control::Recipe;
use super::{Durability, mysql, postgres};
use crate::error::{Error, Result};
use crate::{install, process};

/// Installs MariaDB when it is missing: the package without the service.
pub(crate) fn install() -> Result<()> {
    install::packages(
        &["mariadb-server-core", "mariadb-client-core"],
        || process::find("mariadbd").is_some() && process::find("mariadb-install-db").is_some(),
        "MariaDB",
        "set GENLEDGER_MARIADB_URL to an empty database of a MariaDB server",
    )
}

/// Creates an empty data folder with the users and the database.
pub(crate) fn prepare(folder: &Path, port: u16, durability: Durability) -> Result<Recipe> {
    let program = |name: &str| {
        process::find(name)
            .map(OsString::from)
            .ok_or_else(|| Error::new(format!("{name} of MariaDB is not installed")))
    };
    let account = Account::find("mysql")?;
    let data = folder.join("data");
    account.own_folder(&data)?;
    let mut data_folder = OsString::from("--datadir=");
    data_folder.push(&data);
    let temporary = mysql::temporary(&account, folder)?;

    let mut init = vec![program("mariadb-install-db")?, "--no-defaults".into()];
    init.push(data_folder.clone());
    init.push(temporary.clone());
    init.extend(
        [
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
        ]
        .map(OsString::from),
    );
    process::output(&mut account.command(&init)?)?;

    let server = program("mariadbd")?;
    let mut alone = account.command(&[
        server.clone(),
        "--no-defaults".into(),
        data_folder.clone(),
        temporary.clone(),
        "--bootstrap".into(),
    ])?;
    // Accounts exist for --bootstrap only after the tables with them were read.
    postgres::feed(
        &mut alone,
        &format!("FLUSH PRIVILEGES;\n{}", mysql::accounts()),
    )?;

    let mut command = account.prefix();
    command.extend([server, "--no-defaults".into(), data_folder, temporary]);
    command.extend(mysql::common_options(port, durability));
    // As in Debian's configuration; without it, 10.11 would still be latin1.
    command.extend(
        [
            "--character-set-server=utf8mb4",
            "--collation-server=utf8mb4_general_ci",
        ]
        .map(OsString::from),
    );
    Ok(Recipe {
        command,
        ready: mysql::READY,
        stop: "TERM",
        end: "KILL",
    })
}
