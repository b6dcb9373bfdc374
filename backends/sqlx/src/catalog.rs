//! Queries of the catalog of a database.

use genledger_contract::row::{RowReader, ValueRef};
use genledger_contract::table::{ColumnDef, ColumnType};
use genledger_contract::{Error, Result};

use genledger_sql::{Connection, Param};

/// A query of the catalog: its SQL, whose parameters name a table, and the columns of its result.
#[derive(Clone, Copy, Debug)]
pub struct CatalogQuery {
    /// The SQL.
    pub sql: &'static str,
    /// The columns of the result.
    pub columns: &'static [ColumnDef],
}

impl CatalogQuery {
    /// Runs the query and decodes each row with `read`.
    ///
    /// # Errors
    /// The errors of the database and of `read`.
    pub async fn fetch<T: Send>(
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

/// A row of a catalog query.
pub struct CatalogRow<'r>(&'r dyn RowReader);

impl std::fmt::Debug for CatalogRow<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CatalogRow").finish_non_exhaustive()
    }
}

impl CatalogRow<'_> {
    /// Reads a text.
    ///
    /// # Errors
    /// Returns [`Corrupt`](genledger_contract::ErrorKind::Corrupt) when it is NULL or has another type.
    pub fn text(&self, index: usize) -> Result<String> {
        self.0.text(index)?.map(str::to_owned).ok_or_else(null)
    }

    /// Reads a boolean.
    ///
    /// # Errors
    /// Returns [`Corrupt`](genledger_contract::ErrorKind::Corrupt) when it is NULL or has another type.
    pub fn boolean(&self, index: usize) -> Result<bool> {
        self.0.bool(index)?.ok_or_else(null)
    }

    /// Reads an integer.
    ///
    /// # Errors
    /// Returns [`Corrupt`](genledger_contract::ErrorKind::Corrupt) when it is NULL or has another type.
    pub fn integer(&self, index: usize) -> Result<i64> {
        self.0.integer(index)?.ok_or_else(null)
    }
}

fn null() -> Error {
    Error::corrupt("the catalog of the database returned NULL")
}
