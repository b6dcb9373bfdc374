//! Databases that fail on command.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use genledger::contract::{Error, RowOutcome};
use genledger::log_writer::AppendLogs;
use genledger::prelude::*;
use genledger_conformance::CutProxy;
use genledger_testkit::behind_proxy;

/// What becomes of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mode {
    /// It is done.
    Works,
    /// It fails.
    Refuses,
    /// It never ends.
    Hangs,
    /// It is done, and its outcome is unknown.
    LosesReply,
    /// It panics.
    Panics,
    /// It fails with an error whose meaning is unknown.
    FailsSomehow,
}

const MODES: [Mode; 6] = [
    Mode::Works,
    Mode::Refuses,
    Mode::Hangs,
    Mode::LosesReply,
    Mode::Panics,
    Mode::FailsSomehow,
];

/// Sets the mode of verbs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Switch(Arc<AtomicU8>);

impl Switch {
    pub(crate) fn set(&self, mode: Mode) {
        self.0.store(mode as u8, Ordering::SeqCst);
    }

    fn mode(&self) -> Mode {
        MODES[usize::from(self.0.load(Ordering::SeqCst))]
    }
}

/// Verbs that fail on command.
#[derive(Clone, Debug)]
pub(crate) struct Faulty<A> {
    logs: A,
    switch: Switch,
    /// The most logs of a write.
    pub(crate) most_rows: Arc<AtomicUsize>,
    /// The most bytes of a write: those of the texts.
    pub(crate) most_bytes: Arc<AtomicUsize>,
}

impl<A> Faulty<A> {
    pub(crate) fn new(logs: A, switch: &Switch) -> Self {
        Self {
            logs,
            switch: switch.clone(),
            most_rows: Arc::default(),
            most_bytes: Arc::default(),
        }
    }
}

#[genledger::async_trait]
impl<A: AppendLogs> AppendLogs for Faulty<A> {
    type Log = A::Log;

    fn check(&self, log: &A::Log) -> Result<()> {
        self.logs.check(log)
    }

    async fn append_logs(&self, logs: &[A::Log]) -> Result<Vec<RowOutcome>> {
        let batch = genledger::contract::row::RowBatch::of(logs)?;
        self.most_rows.fetch_max(logs.len(), Ordering::SeqCst);
        let bytes = batch.bytes(0, logs.len());
        self.most_bytes.fetch_max(bytes, Ordering::SeqCst);
        match self.switch.mode() {
            Mode::Works => self.logs.append_logs(logs).await,
            Mode::Refuses => Err(Error::new(ErrorKind::Unavailable, "away")),
            Mode::Hangs => std::future::pending().await,
            Mode::LosesReply => {
                self.logs.append_logs(logs).await?;
                Err(Error::new(ErrorKind::OutcomeUnknown, "the reply was lost"))
            }
            Mode::Panics => panic!("a panic of the test"),
            Mode::FailsSomehow => Err(Error::new(ErrorKind::Other, "somehow")),
        }
    }
}

/// A database that can be taken away: a server is behind a proxy, for any other a switch is enough.
#[derive(Debug)]
pub(crate) struct Place {
    /// The store that the test reads, which is never away.
    pub(crate) direct: Arc<dyn Store>,
    /// The store that the writer uses.
    pub(crate) distant: Arc<dyn Store>,
    pub(crate) switch: Switch,
    pub(crate) proxy: Option<CutProxy>,
}

impl Place {
    /// Opens a database, and migrates it.
    pub(crate) async fn open(url: &str) -> Self {
        let direct = genledger::connect(url).await.unwrap();
        direct.migrate(genledger::schema::all()).await.unwrap();
        let (proxy, distant) = if url.starts_with("memory") || url.starts_with("sqlite") {
            (None, Arc::clone(&direct))
        } else {
            let (proxy, distant) = behind_proxy(url).await;
            (Some(proxy), distant)
        };
        Self {
            direct,
            distant,
            switch: Switch::default(),
            proxy,
        }
    }

    /// Takes it away.
    pub(crate) fn leave(&self) {
        match &self.proxy {
            Some(proxy) => {
                proxy.refuse(true);
                proxy.cut_all();
            }
            None => self.switch.set(Mode::Refuses),
        }
    }

    /// Brings it back. The server has noticed that clients are gone whose packets no longer arrive: until it does, it
    /// keeps the locks of their transactions.
    pub(crate) fn back(&self) {
        self.switch.set(Mode::Works);
        if let Some(proxy) = &self.proxy {
            proxy.cut_all();
            proxy.refuse(false);
        }
    }

    pub(crate) async fn close(self) {
        self.distant.close().await;
        self.direct.close().await;
    }
}
