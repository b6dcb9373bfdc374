//! `LOCK IN SHARE MODE`: the spelling that `MySQL` and `MariaDB` share. `FOR UPDATE` would be known
//! to both, but two transactions that hold a shared lock on a row, as they do after a duplicate key,
//! and then want more wait for each other.

use std::sync::Arc;

use crate::cache::Rendered;
use crate::dialect::{Dialect, Family};
use crate::shape::Lock;

pub(super) fn lock(dialect: &Dialect, lock: Lock, rendered: Rendered) -> Rendered {
    if lock != Lock::Share || dialect.family() != Family::MySql || !dialect.locks() {
        return rendered;
    }
    Rendered {
        sql: Arc::from(format!("{} LOCK IN SHARE MODE", rendered.sql)),
        ..rendered
    }
}
