//! The rows that an adoption has set aside.

use std::sync::Arc;

use genledger_contract::Result;
use genledger_contract::schema::{Finding, MigrationReport};
use genledger_contract::table::{ColumnDef, ColumnType};

use super::names::quote;
use super::side::{self, COLUMN, RULE};
use super::unit::Units;
use crate::dialect::Family;
use crate::executor::Executor;

/// The most rows that are listed.
pub(super) const LISTED: u32 = 1_000;

const fn column(name: &'static str, column_type: ColumnType) -> ColumnDef {
    ColumnDef {
        nullable: true,
        ..ColumnDef::new(name, column_type)
    }
}

const LIST: [ColumnDef; 3] = [
    column("id", ColumnType::LongText),
    column("column", ColumnType::LongText),
    column("rule", ColumnType::LongText),
];

const COUNT: [ColumnDef; 1] = [column("count", ColumnType::I64)];

/// The queries of a list: id, column and rule; and the number of its rows.
pub(super) struct Listed {
    pub(super) list: String,
    pub(super) count: String,
}

impl<X: Executor> Units<X> {
    /// Adds the rows to the report.
    pub(super) async fn report(&self, report: &mut MigrationReport) -> Result<()> {
        self.report_findings(report).await?;
        let side = side::table(self.adoption.set_aside);
        if self.look_at(side).await?.is_none() {
            return Ok(());
        }
        let dialect = self.dialect();
        let id = quote(dialect, self.adoption.table.primary_key[0]);
        let from = quote(dialect, self.adoption.set_aside);
        let (column, rule) = (quote(dialect, COLUMN), quote(dialect, RULE));
        let readable = match dialect.family() {
            // There, an id may be a value of any type.
            Family::Sqlite => {
                format!("CASE WHEN typeof({id}) IN ('integer', 'text') THEN CAST({id} AS TEXT) END")
            }
            Family::Postgres => format!("CAST({id} AS text)"),
            Family::MySql => format!("CAST({id} AS CHAR)"),
        };
        let listed = Listed {
            list: format!(
                "SELECT {readable}, {column}, {rule} FROM {from} ORDER BY {id}, {column} LIMIT {LISTED}"
            ),
            count: format!("SELECT COUNT(*) FROM {from}"),
        };
        let (rows, number) = self.listed(listed).await?;
        report.set_aside.extend(rows);
        report.set_aside_rows = report.set_aside_rows.saturating_add(number);
        Ok(())
    }

    /// Reads a list and its number.
    pub(super) async fn listed(&self, listed: Listed) -> Result<(Vec<Finding>, u64)> {
        let (list, count): (Arc<str>, Arc<str>) = (listed.list.into(), listed.count.into());
        let table = self.adoption.table.name;
        self.read(Box::new(move |context| {
            let (list, count) = (Arc::clone(&list), Arc::clone(&count));
            Box::pin(async move {
                let (mut rows, mut number) = (Vec::new(), 0);
                let connection = context.connection;
                connection
                    .query(&list, &[], &LIST, &mut |row| {
                        rows.push(Finding {
                            table: table.to_owned(),
                            id: row.text(0)?.map(str::to_owned),
                            column: row.text(1)?.unwrap_or_default().to_owned(),
                            rule: row.text(2)?.unwrap_or_default().to_owned(),
                        });
                        Ok(())
                    })
                    .await?;
                connection
                    .query(&count, &[], &COUNT, &mut |row| {
                        number = row.integer(0)?.unwrap_or_default();
                        Ok(())
                    })
                    .await?;
                Ok((rows, u64::try_from(number).unwrap_or_default()))
            })
        }))
        .await
    }
}
