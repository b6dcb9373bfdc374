//! Servers with adverse settings: tests fail on them if a store relies on a default that it does not set.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::backend::Backend;
use crate::error::{Context as _, Result};

/// The options of MariaDB and MySQL.
const MYSQL: [&str; 29] = [
    "--max-allowed-packet=1M",
    "--max-prepared-stmt-count=300",
    "--max-sort-length=64",
    "--sort-buffer-size=32768",
    "--join-buffer-size=128",
    "--tmp-table-size=1024",
    "--max-heap-table-size=16384",
    "--net-buffer-length=1024",
    "--character-set-server=latin1",
    "--collation-server=latin1_swedish_ci",
    "--default-time-zone=+05:45",
    "--transaction-isolation=SERIALIZABLE",
    "--innodb-default-row-format=COMPACT",
    "--innodb-strict-mode=OFF",
    "--innodb-lock-wait-timeout=3",
    "--wait-timeout=5",
    "--default-storage-engine=MyISAM",
    "--autocommit=OFF",
    "--completion-type=CHAIN",
    "--max-join-size=1",
    "--group-concat-max-len=4",
    "--div-precision-increment=0",
    "--explicit-defaults-for-timestamp=OFF",
    "--max-error-count=0",
    "--low-priority-updates=ON",
    "--lc-messages=de_DE",
    "--log-bin=binlog",
    "--binlog-format=MIXED",
    "--innodb-buffer-pool-size=64M",
];

/// The flags of `sql_mode` of both, and those of MariaDB.
const SQL_MODE: &str = "ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,HIGH_NOT_PRECEDENCE,\
                        NO_UNSIGNED_SUBTRACTION,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES";
const SQL_MODE_OF_MARIADB: &str =
    "EMPTY_STRING_IS_NULL,SIMULTANEOUS_ASSIGNMENT,TIME_ROUND_FRACTIONAL";

/// Settings without an option.
const INIT: &str = "SET GLOBAL sql_select_limit = 1;\n\
                    SET GLOBAL sql_safe_updates = 1;\n\
                    SET GLOBAL sql_auto_is_null = 1;\n\
                    SET GLOBAL foreign_key_checks = 0;\n\
                    SET GLOBAL unique_checks = 0;\n";
const INIT_OF_MARIADB: &str = "SET GLOBAL check_constraint_checks = 0;\n\
                               SET GLOBAL system_versioning_asof = '2020-01-01 00:00:00';\n";

/// The options of PostgreSQL.
const POSTGRES: [&str; 26] = [
    "default_transaction_isolation=serializable",
    "default_transaction_deferrable=on",
    "TimeZone=Asia/Kathmandu",
    "client_encoding=LATIN1",
    "standard_conforming_strings=off",
    "escape_string_warning=off",
    "backslash_quote=off",
    "transform_null_equals=on",
    "quote_all_identifiers=on",
    "exit_on_error=on",
    "search_path=public, pg_catalog",
    "bytea_output=escape",
    "DateStyle=German",
    "IntervalStyle=sql_standard",
    "extra_float_digits=-15",
    "array_nulls=off",
    "xmloption=document",
    "row_security=off",
    "plan_cache_mode=force_generic_plan",
    "work_mem=64kB",
    "enable_indexscan=off",
    "enable_hashagg=off",
    "synchronize_seqscans=on",
    "idle_session_timeout=5s",
    "lock_timeout=3s",
    "client_min_messages=debug1",
];

/// The options of such a server, beside its usual ones.
pub(super) fn options(folder: &Path, backend: Backend) -> Result<Vec<OsString>> {
    if backend == Backend::Postgres {
        let options = POSTGRES.iter().flat_map(|setting| ["-c", setting]);
        return Ok(options.map(OsString::from).collect());
    }
    let is_mariadb = backend == Backend::Mariadb;
    let (mode, init) = if is_mariadb {
        (
            format!("{SQL_MODE},{SQL_MODE_OF_MARIADB}"),
            format!("{INIT}{INIT_OF_MARIADB}"),
        )
    } else {
        (SQL_MODE.to_owned(), INIT.to_owned())
    };
    let script = folder.join("hostile.sql");
    fs::write(&script, init).context(|| format!("writing {}", script.display()))?;
    let mut init_file = OsString::from("--init-file=");
    init_file.push(&script);
    let mut options: Vec<OsString> = MYSQL.iter().map(OsString::from).collect();
    options.push(format!("--sql-mode={mode}").into());
    options.push(init_file);
    Ok(options)
}
