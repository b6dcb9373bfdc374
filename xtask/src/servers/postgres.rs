//! Starts a PostgreSQL server.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::account::Account;
use super::control::Recipe;
use super::{Durability, LOCKED_PASSWORD};
use crate::error::{Context as _, Error, Result};
use crate::{install, process};

/// The access rules: every user connects from this machine without a password, except `locked`.
const HBA: &str = "host all locked 127.0.0.1/32 scram-sha-256\n\
                   host all all 127.0.0.1/32 trust\n\
                   host replication all 127.0.0.1/32 trust\n";

/// Options of servers without durability. Deadlocks are searched for
/// after a twentieth of a second instead of a whole one: the tests cause many of them.
const FAST: [&str; 4] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "deadlock_timeout=50ms",
];

/// The newest `bin` folder of PostgreSQL, as Debian places them, or where `PATH` finds one.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .ok()
        .into_iter()
        .flatten()
        .flatten();
    versions
        .filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let folder = entry.path().join("bin");
            folder
                .join("postgres")
                .is_file()
                .then_some((version, folder))
        })
        .max_by_key(|(version, _)| *version)
        .map(|(_, folder)| folder)
        .or_else(|| process::find("postgres")?.parent().map(Path::to_path_buf))
}

/// Installs PostgreSQL when it is missing.
pub(crate) fn install() -> Result<()> {
    install::packages(
        &["postgresql"],
        || programs().is_some(),
        "PostgreSQL",
        "set GENLEDGER_POSTGRES_URL to an empty database of a PostgreSQL server",
    )
}

/// Creates an empty cluster with the roles and the database.
pub(crate) fn prepare(folder: &Path, port: u16, durability: Durability) -> Result<Recipe> {
    let programs = programs().ok_or_else(|| Error::new("PostgreSQL is not installed"))?;
    let account = Account::find("postgres")?;
    let data = folder.join("data");
    account.own_folder(&data)?;
    let program = |name: &str| programs.join(name).into_os_string();

    // Texts are sorted by the rules of a language, as on most servers in use, so that tests fail if
    // something relies on the order of bytes.
    let mut initdb = vec![program("initdb"), "--pgdata".into(), data.clone().into()];
    initdb.extend(
        [
            "--username=genledger",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]
        .map(OsString::from),
    );
    initdb.extend(["--locale-provider=icu", "--icu-locale=en-US", "--no-sync"].map(OsString::from));
    process::output(&mut account.command(&initdb)?)?;
    fs::write(data.join("pg_hba.conf"), HBA)
        .context(|| format!("writing pg_hba.conf in {}", data.display()))?;

    let mut alone = account.command(&[
        program("postgres"),
        "--single".into(),
        "-D".into(),
        data.clone().into(),
        "postgres".into(),
    ])?;
    // One statement a line: this is not psql.
    let statements = format!(
        "CREATE ROLE locked LOGIN PASSWORD '{LOCKED_PASSWORD}'\nCREATE DATABASE genledger\n"
    );
    feed(&mut alone, &statements)?;

    // After a kill, PostgreSQL syncs each file of the cluster before it recovers: 3 of the 4.5 seconds until it
    // is ready. One call of the kernel does the same (version 14 or later).
    let sync_at_once = "recovery_init_sync_method=syncfs";
    let knows = ["-C", "recovery_init_sync_method"].map(OsString::from);
    let mut known = vec![program("postgres"), "-D".into(), data.clone().into()];
    known.extend(knows);
    let is_known = process::output(&mut account.command(&known)?).is_ok();

    let mut command = account.prefix();
    command.extend([program("postgres"), "-D".into(), data.into(), "-p".into()]);
    command.push(port.to_string().into());
    let mut settings = vec![
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=200",
    ];
    if durability == Durability::None {
        settings.extend(FAST);
    } else if is_known {
        settings.push(sync_at_once);
    }
    for setting in settings {
        command.extend(["-c".into(), setting.into()]);
    }
    Ok(Recipe {
        command,
        // The file outlives a killed server, hence the process id.
        ready: r#"[ "$(head -n 1 "$DIR/data/postmaster.pid" 2>/dev/null)" = "$pid" ] && grep -qs '^ready' "$DIR/data/postmaster.pid""#,
        stop: "INT",
        // Not KILL: the kernel would keep its shared memory.
        end: "QUIT",
    })
}

/// Runs a program that reads statements from its input.
pub(crate) fn feed(command: &mut std::process::Command, statements: &str) -> Result<()> {
    let doing = process::shown(command);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context(|| format!("running {doing}"))?;
    if let Some(mut input) = child.stdin.take() {
        input
            .write_all(statements.as_bytes())
            .context(|| format!("writing to {doing}"))?;
    }
    let output = child
        .wait_with_output()
        .context(|| format!("running {doing}"))?;
    let output_text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    // These programs continue after a failed statement.
    if output.status.success() && !output_text.contains("ERROR") {
        return Ok(());
    }
    let last_lines = process::last_lines(&output_text, 30);
    Err(Error::new(format!(
        "{doing} ended with {}:\n{last_lines}",
        output.status
    )))
}
