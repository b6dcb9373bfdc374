//! Snapshots of every statement in every dialect.

mod model;
mod statements;
mod update_each;

use std::fmt::Write;

use crate::dialect::{Dialect, MYSQL, POSTGRES, SQLITE};

/// One text with the SQL of all dialects.
fn each(render: impl Fn(&'static Dialect) -> String) -> String {
    let mut all = String::new();
    for dialect in [&SQLITE, &POSTGRES, &MYSQL] {
        writeln!(all, "-- {}\n{}\n", dialect.name(), render(dialect)).unwrap();
    }
    all
}
