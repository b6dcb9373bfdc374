//! The messages to the writer thread.

use genledger_contract::Result;
use tokio::sync::oneshot;

use crate::job::{Job, QueueSlot, Stage};
use crate::transaction::Exclusive;

/// A message to the writer thread.
pub(super) enum Message<C> {
    /// A write.
    Job(Box<dyn Job<C>>),
    /// A transaction, which owns the thread until it ends.
    Begin(Begin<C>),
    /// Ends the thread.
    Close(oneshot::Sender<()>),
}

/// The request to begin a transaction.
pub(super) struct Begin<C> {
    pub(super) reply: oneshot::Sender<Result<Exclusive<C>>>,
    pub(super) stage: Stage,
    pub(super) _slot: QueueSlot,
}
