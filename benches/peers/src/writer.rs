//! How a library writes rows.

use std::future::Future;

use anyhow::Result;

use crate::row::LogRow;

/// How a library writes batches of rows.
pub trait Writer: Send + Sync + 'static {
    /// The state of one caller.
    type Session: Send + 'static;
    /// Rows in the form that the library requires.
    type Batch: Send + 'static;

    /// Opens the connections of this many callers. Not measured.
    fn open(&self, callers: usize) -> impl Future<Output = Result<Vec<Self::Session>>> + Send;

    /// Rows in the form that the library requires. Not measured.
    fn batch(&self, rows: &[LogRow]) -> Result<Self::Batch>;

    /// Writes a batch; it is durable afterwards. Measured.
    fn write(
        &self,
        session: &mut Self::Session,
        batch: Self::Batch,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Closes everything. Measured, since SQLite moves its log into the file here, as
    /// its shell does.
    fn close(&self, sessions: Vec<Self::Session>) -> impl Future<Output = Result<()>> + Send {
        async move {
            drop(sessions);
            Ok(())
        }
    }
}
