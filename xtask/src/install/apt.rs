//! Packages of Debian and Ubuntu.

use std::process::Command;

use super::lock;
use crate::error::{Error, Result};
use crate::process;

/// Installs without starting any service: while it runs, `policy-rc.d` forbids that, and the
/// traps put the machine's own policy back however it ends. What a killed run left is put back
/// first. `--no-remove` keeps apt from taking away a server that conflicts with the wanted one.
///
/// A machine that updates itself runs an apt of its own now and then. `DPkg::Lock::Timeout` waits for
/// the locks of dpkg; for those of the lists and of the archives apt has no such option, hence the loop.
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
patient() {
    seconds=0
    until said=$(apt-get -qq -o DPkg::Lock::Timeout=600 "$@" 2>&1); do
        case $said in
        *'Could not get lock'*) ;;
        *)
            printf '%s\n' "$said" >&2
            return 1
            ;;
        esac
        if [ "$seconds" -eq 0 ]; then echo 'xtask: waiting for another apt' >&2; fi
        seconds=$((seconds + 1))
        if [ "$seconds" -gt 600 ]; then
            printf '%s\n' "$said" >&2
            return 1
        fi
        sleep 1
    done
}
patient update || echo 'apt-get update failed, going on with the lists there are' >&2
patient install -y --no-remove --no-install-recommends "$@"
"#;

/// Installs packages unless the program is there already. `why` names what needs them and
/// `instead` says what else the person can do.
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
        "{list} is installed, yet {why} is not found: {instead}"
    )))
}
