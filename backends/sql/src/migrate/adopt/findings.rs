//! Values of adopted rows that were changed or are reported.

use std::sync::Arc;

use genledger_contract::schema::{Adoption, MigrationReport};
use genledger_contract::{Entity, Result};

use super::names::quote;
use super::report::{self, Listed};
use super::unit::{Change, Units};
use crate::ddl;
use crate::dialect::{Dialect, Family};
use crate::executor::Executor;

/// A finding, without the value.
#[derive(Clone, Debug, Entity)]
#[entity(
    crate = genledger_contract,
    table = "_genledger_findings",
    key(table_name, row_id, column_name, rule)
)]
pub(super) struct FindingRow {
    /// The adopted table.
    #[column(max_chars = 64)]
    table_name: String,
    /// The primary key of the row, as text.
    #[column(max_chars = 255)]
    row_id: String,
    /// The column.
    #[column(max_chars = 64)]
    column_name: String,
    /// The rule.
    #[column(max_chars = 32)]
    rule: String,
}

/// The primary key as text.
pub(super) fn id_text(dialect: &Dialect, adoption: &Adoption) -> String {
    let id = quote(dialect, adoption.table.primary_key[0]);
    let id = format!("{}.{id}", quote(dialect, adoption.table.name));
    match dialect.family() {
        Family::Sqlite => format!("COALESCE(CAST({id} AS TEXT), '')"),
        Family::Postgres => format!("CAST({id} AS text) COLLATE \"C\""),
        Family::MySql => format!("CAST({id} AS CHAR(255))"),
    }
}

/// Records the rows of a condition, and keeps them as they are until the end of the transaction.
pub(super) fn record(
    dialect: &Dialect,
    adoption: &Adoption,
    column: &str,
    rule: &str,
    condition: &str,
) -> String {
    let (start, end) = ignoring(dialect);
    // SQLite has no other writer meanwhile.
    let lock = match dialect.family() {
        Family::Sqlite => "",
        Family::Postgres | Family::MySql => " FOR UPDATE",
    };
    let table = adoption.table.name;
    format!(
        "{start} SELECT '{table}', {}, '{column}', '{rule}' FROM {} WHERE {condition}{lock}{end}",
        id_text(dialect, adoption),
        quote(dialect, table)
    )
}

/// Records one row, whose id is the only parameter.
pub(super) fn record_one(
    dialect: &Dialect,
    adoption: &Adoption,
    column: &str,
    rule: &str,
) -> Arc<str> {
    let (start, end) = ignoring(dialect);
    let table = adoption.table.name;
    let place = super::names::placeholder(dialect, 1);
    format!("{start} VALUES ('{table}', {place}, '{column}', '{rule}'){end}").into()
}

/// That the finding of a row is recorded.
pub(super) fn is_recorded(
    dialect: &Dialect,
    adoption: &Adoption,
    column: &str,
    rule: &str,
) -> String {
    format!(
        "EXISTS (SELECT 1 FROM {findings} AS f WHERE f.table_name = '{table}' AND f.row_id = {id} \
         AND f.column_name = '{column}' AND f.rule = '{rule}')",
        findings = quote(dialect, FindingRow::TABLE.name),
        table = adoption.table.name,
        id = id_text(dialect, adoption),
    )
}

/// The start and the end of an insert that leaves out what is recorded.
fn ignoring(dialect: &Dialect) -> (String, &'static str) {
    let into = format!(
        "INTO {} (table_name, row_id, column_name, rule)",
        quote(dialect, FindingRow::TABLE.name)
    );
    match dialect.family() {
        Family::Sqlite | Family::Postgres => (format!("INSERT {into}"), " ON CONFLICT DO NOTHING"),
        Family::MySql => (format!("INSERT IGNORE {into}"), ""),
    }
}

impl<X: Executor> Units<X> {
    /// Creates the table of the findings.
    pub(super) async fn create_findings(&self) -> Result<()> {
        if !self.adoption.reports {
            return Ok(());
        }
        let statements = ddl::create_table_sql(self.dialect(), FindingRow::TABLE);
        self.change(Change::Together(statements)).await
    }

    /// Adds the findings to the report.
    pub(super) async fn report_findings(&self, report: &mut MigrationReport) -> Result<()> {
        let exists = self.look_at(*FindingRow::TABLE).await?.is_some();
        if !self.adoption.reports || !exists {
            return Ok(());
        }
        let from = quote(self.dialect(), FindingRow::TABLE.name);
        let of_table = format!("{from} WHERE table_name = '{}'", self.adoption.table.name);
        let listed = Listed {
            list: format!(
                "SELECT row_id, column_name, rule FROM {of_table} \
                 ORDER BY row_id, column_name, rule LIMIT {}",
                report::LISTED
            ),
            count: format!("SELECT COUNT(*) FROM {of_table}"),
        };
        let (findings, number) = self.listed(listed).await?;
        if number > 0 {
            let table = self.adoption.table.name;
            tracing::warn!(target: crate::migrate::task::TARGET, table, number, "rows are reported");
        }
        report.findings.extend(findings);
        report.findings_count = report.findings_count.saturating_add(number);
        Ok(())
    }
}
