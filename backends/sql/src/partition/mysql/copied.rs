//! Copies rows in batches, next to writers.

use genledger_contract::row::Value;
use genledger_contract::table::ColumnDef;
use genledger_contract::{Error, ErrorKind, Result};

use super::super::table::Table;
use super::moved::NEW;
use crate::connection::Param;
use crate::ddl::quote;
use crate::values;

/// The rows of a batch, for which their locks are held.
const BATCH: u32 = 1_000;
/// How often a batch is tried when writers lock its rows.
const ATTEMPTS: u32 = 20;

impl Table<'_> {
    /// Copies all rows that are not copied yet.
    ///
    /// The rows of a batch are locked until it commits, so that no deletion comes between reading and writing a row, and one
    /// that is being inserted is waited for. A row that a trigger has copied is kept.
    pub(super) async fn copy_rows(&mut self, columns: &str) -> Result<()> {
        let key = self.key()?;
        let (name, new) = (self.name(), self.other(NEW));
        let id = quote(self.dialect, key.name);
        let mut after: Option<Value> = None;
        loop {
            let last = self.last_of_batch(key, after.as_ref()).await?;
            let mut conditions = Vec::new();
            let mut params = Vec::new();
            for (value, comparison) in [(&after, ">"), (&last, "<=")] {
                if let Some(value) = value {
                    conditions.push(format!("{id} {comparison} ?"));
                    params.push(Param {
                        value: value.as_ref(),
                        column_type: key.column_type,
                    });
                }
            }
            conditions.push("TRUE".to_owned());
            let sql = format!(
                "INSERT INTO {new} ({columns}) SELECT {columns} FROM {name} WHERE {} \
                 LOCK IN SHARE MODE ON DUPLICATE KEY UPDATE {id} = {new}.{id}",
                conditions.join(" AND ")
            );
            let sql = sql.into();
            let mut attempts = ATTEMPTS;
            loop {
                attempts -= 1;
                match self.connection.execute(&sql, &params).await {
                    Err(error)
                        if attempts > 0 && error.kind() == ErrorKind::SerializationFailure => {}
                    outcome => {
                        outcome?;
                        break;
                    }
                }
            }
            let Some(last) = last else {
                return Ok(());
            };
            after = Some(last);
        }
    }

    /// The column of the entity's key.
    fn key(&self) -> Result<&'static ColumnDef> {
        let key = self.table.primary_key[0];
        let position = self.table.position(key);
        let column = position.map(|position| &self.table.columns[position]);
        column
            .filter(|column| !self.dialect.is_converted(column))
            .ok_or_else(|| Error::unsupported("a table with a converted key cannot be moved over"))
    }

    /// The greatest key of the next batch; `None` for the last one.
    async fn last_of_batch(
        &mut self,
        key: &'static ColumnDef,
        after: Option<&Value>,
    ) -> Result<Option<Value>> {
        let (name, id) = (self.name(), quote(self.dialect, key.name));
        let condition = after.map_or(String::new(), |_| format!("WHERE {id} > ? "));
        let sql = format!(
            "SELECT {id} FROM {name} {condition}ORDER BY {id} LIMIT 1 OFFSET {}",
            BATCH - 1
        );
        let params: Vec<Param<'_>> = after
            .map(|value| Param {
                value: value.as_ref(),
                column_type: key.column_type,
            })
            .into_iter()
            .collect();
        let mut last = None;
        self.connection
            .query(&sql.into(), &params, &[*key], &mut |row| {
                last = Some(values::read(row, 0, key.column_type)?);
                Ok(())
            })
            .await?;
        Ok(last)
    }
}
