//! Explains how the database would execute a statement.

use std::collections::HashMap;
use std::sync::Arc;

use genledger_contract::backend::Outcome;
use genledger_contract::row::RowReader;
use genledger_contract::statement::ReadStatement;
use genledger_contract::table::{ColumnDef, ColumnType};
use genledger_contract::{Error, Result};

use crate::dialect::{Dialect, Family};
use crate::executor::Context;
use crate::lower::{Lower, LoweredStatement};
use crate::shape::Lock;

use super::refuse::refuse;

/// Returns the plan of a statement, which is not executed.
pub(crate) async fn explain(
    context: Context<'_>,
    statement: &ReadStatement,
) -> Result<Outcome<String>> {
    let (dialect, table) = (context.dialect, statement.table());
    refuse!(dialect.check(dialect.place(table)));
    let lower = Lower::new(dialect, context.connection.limits(), table);
    let statement = refuse!(match statement {
        ReadStatement::Select(select) => lower.select(select, Lock::No),
        ReadStatement::Aggregate(aggregate) => lower.aggregate(aggregate),
        _ => Err(Error::unsupported("a statement of a newer version")),
    });
    let mut lines = Lines::new(dialect.family());
    context
        .connection
        .query(
            &explained(dialect, &statement),
            &statement.params(),
            &COLUMNS[..lines.width()],
            &mut |row| lines.push(row),
        )
        .await
        .map_err(|error| error.with_table(table.name))?;
    Ok(Outcome::Done(lines.text))
}

/// The EXPLAIN statement. It has the values of the statement, since a plan depends on them.
fn explained(dialect: &Dialect, statement: &LoweredStatement<'_>) -> Arc<str> {
    let explain = match dialect.family() {
        Family::Sqlite => "EXPLAIN QUERY PLAN",
        Family::Postgres => "EXPLAIN",
        // The most detailed form that both MySQL and MariaDB support.
        Family::MySql => "EXPLAIN FORMAT=JSON",
    };
    format!("{explain} {}", statement.sql()).into()
}

/// The columns of SQLite: the number of a step, the number of its parent, an unused one, and the text.
/// Other databases only return the text.
const COLUMNS: [ColumnDef; 4] = [
    number("id"),
    number("parent"),
    number("notused"),
    ColumnDef {
        column_type: ColumnType::LongText,
        ..number("detail")
    },
];

const fn number(name: &'static str) -> ColumnDef {
    ColumnDef {
        nullable: true,
        ..ColumnDef::new(name, ColumnType::I64)
    }
}

/// The lines of a plan.
struct Lines {
    family: Family,
    text: String,
    /// The depth of each step of SQLite.
    depths: HashMap<i64, usize>,
}

impl Lines {
    fn new(family: Family) -> Self {
        Self {
            family,
            text: String::new(),
            depths: HashMap::new(),
        }
    }

    /// The number of columns.
    const fn width(&self) -> usize {
        match self.family {
            Family::Sqlite => 4,
            Family::Postgres | Family::MySql => 1,
        }
    }

    fn push(&mut self, row: &dyn RowReader) -> Result<()> {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        if self.family == Family::Sqlite {
            let (id, parent) = (row.integer(0)?, row.integer(1)?);
            let depth = parent.and_then(|parent| self.depths.get(&parent));
            let depth = depth.map_or(0, |depth| depth + 1);
            self.depths.extend(id.map(|id| (id, depth)));
            self.text.push_str(&"  ".repeat(depth));
        }
        self.text
            .push_str(row.text(self.width() - 1)?.unwrap_or_default());
        Ok(())
    }
}
