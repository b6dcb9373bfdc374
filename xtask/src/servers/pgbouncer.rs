//! Starts a `PgBouncer` in front of the PostgreSQL server, in transaction mode: a client may get another
//! server connection after each transaction.

use std::fs;
use std::path::Path;

use super::account::Account;
use super::control::{self, Recipe};
use super::{LOCKED_PASSWORD, port};
use crate::error::{Context as _, Error, Result};
use crate::{install, process};

/// As for the server: every user connects from this machine without a password, except `locked`.
const HBA: &str = "host all locked 127.0.0.1/32 scram-sha-256\n\
                   host all all 127.0.0.1/32 trust\n";

/// Installs `PgBouncer` when it is missing.
pub(super) fn install() -> Result<()> {
    install::packages(
        &["pgbouncer"],
        || process::find("pgbouncer").is_some(),
        "PgBouncer",
        "set GENLEDGER_POSTGRES_URL, and GENLEDGER_PGBOUNCER_URL if there is one",
    )
}

/// Starts one in front of the server on a port, and returns its variables.
pub(super) fn start(folder: &Path, server: u16) -> Result<Vec<(String, String)>> {
    let program =
        process::find("pgbouncer").ok_or_else(|| Error::new("PgBouncer is not installed"))?;
    let account = Account::find("postgres")?;
    fs::create_dir(folder).context(|| format!("creating {}", folder.display()))?;
    let port = port::free()?;
    let number = port.number();
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).context(|| format!("writing {}", path.display()))
    };
    write("hba.conf", HBA)?;
    write(
        "users.txt",
        &format!("\"genledger\" \"\"\n\"locked\" \"{LOCKED_PASSWORD}\"\n"),
    )?;
    write("pgbouncer.ini", &settings(folder, server, number))?;

    let mut command = account.prefix();
    command.extend([program.into(), folder.join("pgbouncer.ini").into()]);
    let recipe = Recipe {
        command,
        ready: r#"grep -qs 'process up' "$DIR/log""#,
        stop: "TERM",
        end: "KILL",
    };
    control::write(folder, "pgbouncer", &recipe)?;
    port.release();
    control::call(folder, "start")?;
    eprintln!("xtask: pgbouncer on 127.0.0.1:{number}");
    let url = format!("postgres://genledger@127.0.0.1:{number}/genledger");
    let control = control::path(folder).display().to_string();
    Ok(vec![
        (String::from("GENLEDGER_PGBOUNCER_URL"), url),
        (String::from("GENLEDGER_PGBOUNCER_CONTROL"), control),
    ])
}

/// As in Debian's configuration, except for the transaction mode and the parameter that
/// most drivers send.
fn settings(folder: &Path, server: u16, port: u16) -> String {
    let folder = folder.display();
    format!(
        "[databases]\n\
         * = host=127.0.0.1 port={server}\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = hba\n\
         auth_hba_file = {folder}/hba.conf\n\
         auth_file = {folder}/users.txt\n\
         pool_mode = transaction\n\
         ignore_startup_parameters = extra_float_digits\n\
         max_client_conn = 500\n\
         default_pool_size = 20\n"
    )
}
