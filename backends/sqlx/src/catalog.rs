//! Questions to the catalogue of a database.

use genledger_contract::row::{RowReader, ValueRef};
use genledger_contract::table::{ColumnDef, ColumnType};
use genledger_contract::{Error, Result};

use genledger_sql::{Connection, Param};

/// A column of an answer. NULL never counts as an answer, so queries say what stands for it.
#[must_use]
pub const fn answer_column(name: &'static str, column_type: ColumnType) -> ColumnDef {
    ColumnDef {
        name,
        member: None,
        column_type,
        nullable: false,
        default: None,
        range: None,
        description: "",
        codes: &[],
        sensitive: false,
        sql_types: &[],
    }
}

/// A query of the catalogue: its SQL, with parameters that name a table, and the columns of its answer.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The SQL.
    pub sql: &'static str,
    /// The columns of the answer.
    pub columns: &'static [ColumnDef],
}

impl Question {
    /// The rows of the answer, each read by `read`.
    ///
    /// # Errors
    /// Those of the database, and of `read`.
    pub async fn ask<T: Send>(
        self,
        connection: &mut dyn Connection,
        names: &[&str],
        read: fn(&CatalogRow<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        let params: Vec<Param<'_>> = names
            .iter()
            .map(|name| Param {
                value: ValueRef::Text(name),
                column_type: ColumnType::LongText,
            })
            .collect();
        connection
            .query(&self.sql.into(), &params, self.columns, &mut |row| {
                rows.push(read(&CatalogRow(row))?);
                Ok(())
            })
            .await?;
        Ok(rows)
    }
}

/// A row of an answer.
pub struct CatalogRow<'r>(&'r dyn RowReader);

impl std::fmt::Debug for CatalogRow<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CatalogRow").finish_non_exhaustive()
    }
}

impl CatalogRow<'_> {
    /// A text.
    ///
    /// # Errors
    /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt) when it is none.
    pub fn text(&self, index: usize) -> Result<String> {
        self.0.text(index)?.map(str::to_owned).ok_or_else(nothing)
    }

    /// A truth value.
    ///
    /// # Errors
    /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt) when it is none.
    pub fn truth(&self, index: usize) -> Result<bool> {
        self.0.bool(index)?.ok_or_else(nothing)
    }

    /// An integer.
    ///
    /// # Errors
    /// [`Corrupt`](genledger_contract::ErrorKind::Corrupt) when it is none.
    pub fn integer(&self, index: usize) -> Result<i64> {
        self.0.integer(index)?.ok_or_else(nothing)
    }
}

fn nothing() -> Error {
    Error::corrupt("the catalogue of the database answered NULL")
}
