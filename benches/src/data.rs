//! The rows of a run, and the files that the loaders read.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use tempfile::TempDir;

use crate::csv;
use peers::LogRow;

/// The rows of a run.
pub(crate) struct Data {
    pub(crate) rows: Arc<[LogRow]>,
    folder: TempDir,
}

impl Data {
    /// Stores rows; the files of loaders go into a folder below `parent`.
    pub(crate) fn new(rows: impl Iterator<Item = LogRow>, parent: &Path) -> Result<Self> {
        Ok(Self {
            rows: rows.collect(),
            folder: tempfile::Builder::new()
                .prefix("genledger-bench-")
                .tempdir_in(parent)?,
        })
    }

    /// The folder of the files of this run.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// All rows as CSV in this many files.
    pub(crate) fn csv(&self, parts: usize, null: &str) -> Result<Vec<PathBuf>> {
        let mut paths = Vec::new();
        for (index, rows) in self
            .rows
            .chunks(self.rows.len().div_ceil(parts))
            .enumerate()
        {
            let path = self.folder().join(format!("{parts}-{index}-{null}.csv"));
            if !path.exists() {
                csv::write(&path, rows, null)?;
            }
            paths.push(path);
        }
        Ok(paths)
    }
}
