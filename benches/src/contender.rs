//! The contenders of an ingest round.

use std::sync::Arc;

use anyhow::Result;
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use peers::Writer;

use crate::data::Data;

/// The timed part of a round.
pub(crate) type Run = BoxFuture<'static, Result<()>>;

/// One way of putting rows into the table.
#[async_trait]
pub(crate) trait Contender: Send + Sync {
    /// The name in the tables.
    fn name(&self) -> &str;

    /// Whether it is the database's own loader.
    fn is_loader(&self) -> bool {
        false
    }

    /// The number of rows that it writes of those available: slow contenders write fewer.
    fn rows(&self, all: usize) -> usize {
        all
    }

    /// Prepares everything that is not measured: connections, and rows in the form that the
    /// contender requires.
    async fn prepare(&self, data: &Data) -> Result<Run>;
}

/// A writer with a size of batches and a number of concurrent callers.
pub(crate) struct Batched<W> {
    name: String,
    writer: Arc<W>,
    size: usize,
    callers: usize,
    /// It writes one row out of this many.
    share: usize,
}

impl<W: Writer> Batched<W> {
    /// Every row, in batches, by this many callers.
    pub(crate) fn new(name: &str, writer: W, size: usize, callers: usize) -> Box<dyn Contender> {
        let batches = match size {
            1 => String::new(),
            usize::MAX => String::from(", one batch"),
            size => format!(", {size}"),
        };
        let times = match callers {
            1 => String::new(),
            callers => format!(" × {callers}"),
        };
        Box::new(Self {
            name: format!("{name}{batches}{times}"),
            writer: Arc::new(writer),
            size,
            callers,
            share: 1,
        })
    }

    /// Single rows by this many callers; a tenth of the rows, since it is slow.
    pub(crate) fn singly(name: &str, writer: W, callers: usize) -> Box<dyn Contender> {
        Box::new(Self {
            name: format!("{name} × {callers}"),
            writer: Arc::new(writer),
            size: 1,
            callers,
            share: 10,
        })
    }
}

#[async_trait]
impl<W: Writer> Contender for Batched<W> {
    fn name(&self) -> &str {
        &self.name
    }

    fn rows(&self, all: usize) -> usize {
        (all / self.share).max(1)
    }

    async fn prepare(&self, data: &Data) -> Result<Run> {
        let rows = &data.rows[..self.rows(data.rows.len())];
        let mut shares: Vec<Vec<W::Batch>> = (0..self.callers).map(|_| Vec::new()).collect();
        // In turns, as from a queue.
        for (index, chunk) in rows.chunks(self.size.min(rows.len())).enumerate() {
            shares[index % self.callers].push(self.writer.batch(chunk)?);
        }
        let sessions = self.writer.open(self.callers).await?;
        let writer = Arc::clone(&self.writer);
        Ok(Box::pin(async move {
            let callers = shares
                .into_iter()
                .zip(sessions)
                .map(|(share, mut session)| {
                    let writer = Arc::clone(&writer);
                    tokio::spawn(async move {
                        for batch in share {
                            writer.write(&mut session, batch).await?;
                        }
                        anyhow::Ok(session)
                    })
                });
            let callers: Vec<_> = callers.collect();
            let mut sessions = Vec::new();
            for caller in callers {
                sessions.push(caller.await??);
            }
            writer.close(sessions).await
        }))
    }
}

/// The database's own loader: one process for each file.
pub(crate) struct Loader {
    name: String,
    processes: usize,
    null: &'static str,
    command: peers::loader::Load,
}

impl Loader {
    /// With NULL as `null`, and the command that loads a file.
    pub(crate) fn new(
        name: &str,
        processes: usize,
        null: &'static str,
        command: peers::loader::Load,
    ) -> Box<dyn Contender> {
        let name = match processes {
            1 => name.to_owned(),
            _ => format!("{name} × {processes}"),
        };
        Box::new(Self {
            name,
            processes,
            null,
            command,
        })
    }
}

#[async_trait]
impl Contender for Loader {
    fn name(&self) -> &str {
        &self.name
    }

    fn is_loader(&self) -> bool {
        true
    }

    async fn prepare(&self, data: &Data) -> Result<Run> {
        let files = data.csv(self.processes, self.null)?;
        let commands: Vec<_> = files.iter().map(|file| (self.command)(file)).collect();
        Ok(Box::pin(async move {
            let mut children = Vec::new();
            for mut command in commands {
                children.push(command.kill_on_drop(true).spawn()?);
            }
            for mut child in children {
                let status = child.wait().await?;
                anyhow::ensure!(status.success(), "the loader ended with {status}");
            }
            Ok(())
        }))
    }
}
