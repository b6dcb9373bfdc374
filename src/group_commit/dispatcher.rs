//! The task that takes groups from the queue, and what becomes of requests when the runtime ends.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use genledger_contract::{Error, ErrorKind};
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{timeout, timeout_at};

use super::batch::Batch;
use super::queue::Next;
use super::{GroupWork, Shared};

/// How long giving requests up may take once the runtime has ended.
const GIVE_UP_TIMEOUT: Duration = Duration::from_secs(10);

/// Held by the dispatcher and by each batch. When the last of them ends, requests that are left are given up: they
/// are cancelled, in any order, when the runtime ends.
pub(super) struct Running<W: GroupWork>(pub(super) Arc<Shared<W>>);

/// Runs groups until the queue is closed and every request is finished.
pub(super) async fn run<W: GroupWork>(running: Running<W>) {
    let running = Arc::new(running);
    let shared = Arc::clone(&running.0);
    let mut batches = JoinSet::new();
    loop {
        while batches.try_join_next().is_some() {}
        match shared.queue.next(&shared.limits) {
            Next::Run(group) => {
                let batch = Batch::new(group, Arc::clone(&shared));
                let running = Arc::clone(&running);
                batches.spawn(async move {
                    batch.run().await;
                    drop(running);
                });
            }
            // A batch wakes the dispatcher when it ends.
            Next::Wait(None) => shared.wake.notified().await,
            Next::Wait(Some(due)) => drop(timeout_at(due, shared.wake.notified()).await),
            Next::End => return,
            Next::Stop => {
                batches.shutdown().await;
                return Batch::new(shared.queue.drain(), Arc::clone(&shared))
                    .give_up()
                    .await;
            }
        }
    }
}

impl<W: GroupWork> Drop for Running<W> {
    fn drop(&mut self) {
        let left = self.0.queue.drain();
        let batch = Batch::new(left, Arc::clone(&self.0));
        if batch.is_empty() {
            return;
        }
        // There is no runtime any more that could do it.
        let given_up = thread::Builder::new()
            .name("genledger-group-commit".to_owned())
            .spawn(move || {
                let runtime = Builder::new_current_thread().enable_all().build();
                if let Ok(runtime) = runtime {
                    let in_time = async { timeout(GIVE_UP_TIMEOUT, batch.give_up()).await };
                    drop(runtime.block_on(in_time));
                }
            });
        if let Ok(thread) = given_up {
            drop(thread.join());
        }
        for (_, entry) in self.0.queue.drain() {
            let error = Error::new(ErrorKind::OutcomeUnknown, "the runtime has ended");
            self.0.work.failed(entry.request, error);
        }
    }
}
