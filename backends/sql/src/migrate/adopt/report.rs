//! The rows that an adoption has set aside.

use std::sync::Arc;

use genledger_contract::Result;
use genledger_contract::schema::{MigrationReport, SetAside};
use genledger_contract::table::{ColumnDef, ColumnType};

use super::names::quote;
use super::side::{self, COLUMN, RULE};
use super::unit::Units;
use crate::dialect::Family;
use crate::executor::Executor;

/// The most rows that are listed.
const LISTED: u32 = 1_000;

const fn column(name: &'static str, column_type: ColumnType) -> ColumnDef {
    ColumnDef {
        nullable: true,
        ..ColumnDef::new(name, column_type)
    }
}

const LIST: [ColumnDef; 3] = [
    column("id", ColumnType::I64),
    column("column", ColumnType::LongText),
    column("rule", ColumnType::LongText),
];

impl<X: Executor> Units<X> {
    /// Adds the rows to the report.
    pub(super) async fn report(&self, report: &mut MigrationReport) -> Result<()> {
        let side = side::table(self.adoption.set_aside);
        if self.look_at(side).await?.is_none() {
            return Ok(());
        }
        let dialect = self.dialect();
        let id = quote(dialect, self.adoption.table.primary_key[0]);
        let from = quote(dialect, self.adoption.set_aside);
        let (column, rule) = (quote(dialect, COLUMN), quote(dialect, RULE));
        // There, an id may be a value of any type.
        let readable = match dialect.family() {
            Family::Sqlite => format!("CASE WHEN typeof({id}) = 'integer' THEN {id} END"),
            Family::Postgres | Family::MySql => id.clone(),
        };
        let list: Arc<str> = format!(
            "SELECT {readable}, {column}, {rule} FROM {from} ORDER BY {id}, {column} LIMIT {LISTED}"
        )
        .into();
        let count: Arc<str> = format!("SELECT COUNT(*) FROM {from}").into();
        let table = self.adoption.table.name;
        let (rows, number) = self
            .read(Box::new(move |context| {
                let (list, count) = (Arc::clone(&list), Arc::clone(&count));
                Box::pin(async move {
                    let (mut rows, mut number) = (Vec::new(), 0);
                    let connection = context.connection;
                    connection
                        .query(&list, &[], &LIST, &mut |row| {
                            rows.push(SetAside {
                                table: table.to_owned(),
                                id: row.integer(0)?,
                                column: row.text(1)?.unwrap_or_default().to_owned(),
                                rule: row.text(2)?.unwrap_or_default().to_owned(),
                            });
                            Ok(())
                        })
                        .await?;
                    connection
                        .query(&count, &[], &LIST[..1], &mut |row| {
                            number = row.integer(0)?.unwrap_or_default();
                            Ok(())
                        })
                        .await?;
                    Ok((rows, number))
                })
            }))
            .await?;
        report.set_aside.extend(rows);
        let number = u64::try_from(number).unwrap_or_default();
        report.set_aside_rows = report.set_aside_rows.saturating_add(number);
        Ok(())
    }
}
