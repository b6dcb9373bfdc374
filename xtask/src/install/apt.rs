//! Packages of Debian and Ubuntu.

use std::process::Command;

use super::lock;
use crate::error::{Error, Result};
use crate::process;

/// Installs without starting any service: while it runs, `policy-rc.d` forbids that, and the
/// traps restore the machine's own policy however it ends. A policy that a killed run left behind is
/// restored first. `--no-remove` prevents apt from removing a server that conflicts with the new one.
///
/// A machine with automatic updates runs apt at any time. `DPkg::Lock::Timeout` waits for
/// the locks of dpkg; for the locks of lists and archives apt has no such option, hence the loop.
const SCRIPT: &str = r#"
set -eu
policy=/usr/sbin/policy-rc.d
saved=$policy.before-genledger
restore() {
    if [ -e "$saved" ]; then
        mv -f "$saved" "$policy"
    elif grep -qs 'made by genledger xtask' "$policy"; then
        rm -f "$policy"
    fi
}
restore
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
if [ -e "$policy" ]; then mv "$policy" "$saved"; fi
printf '#!/bin/sh\n# made by genledger xtask for one installation\nexit 101\n' >"$policy"
chmod 755 "$policy"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
with_retries() {
    seconds=0
    until output=$(apt-get -qq -o DPkg::Lock::Timeout=600 "$@" 2>&1); do
        case $output in
        *'Could not get lock'*) ;;
        *)
            printf '%s\n' "$output" >&2
            return 1
            ;;
        esac
        if [ "$seconds" -eq 0 ]; then echo 'xtask: waiting for another apt' >&2; fi
        seconds=$((seconds + 1))
        if [ "$seconds" -gt 600 ]; then
            printf '%s\n' "$output" >&2
            return 1
        fi
        sleep 1
    done
}
with_retries update || echo 'apt-get update failed, continuing with the existing lists' >&2
with_retries install -y --no-remove --no-install-recommends "$@"
"#;

/// Installs packages unless the program is already present. `why` names the program that needs them, and
/// `instead` states the alternative for the user.
pub(crate) fn packages(
    names: &[&str],
    is_there: impl Fn() -> bool,
    why: &str,
    instead: &str,
) -> Result<()> {
    if is_there() {
        return Ok(());
    }
    let list = names.join(" ");
    if process::find("apt-get").is_none() {
        return Err(Error::new(format!(
            "{why} is not installed and this is neither Debian nor Ubuntu: {instead}"
        )));
    }
    if !process::is_root() {
        return Err(Error::new(format!(
            "{why} is not installed and this is not root: run `apt-get install {list}` or {instead}"
        )));
    }
    let _lock = lock()?;
    if is_there() {
        return Ok(()); // Another run has just installed it.
    }
    eprintln!("xtask: installing {list} with apt-get, for {why}");
    process::output(
        Command::new("sh")
            .args(["-c", SCRIPT, "install"])
            .args(names),
    )?;
    if is_there() {
        return Ok(());
    }
    Err(Error::new(format!(
        "{list} is installed, but {why} is not found: {instead}"
    )))
}
