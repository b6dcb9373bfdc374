//! The task that takes groups from the queue, and what becomes of requests when the runtime ends.

use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{timeout, timeout_at};

use super::batch::Batch;
use super::queue::Next;
use super::{GroupWork, Shared};

/// How long giving requests up may take once the runtime has ended.
const GIVE_UP_TIMEOUT: Duration = Duration::from_millis(if cfg!(test) { 100 } else { 10_000 });

/// Held by the dispatcher and by each batch. When the last of them ends, requests that are left are given up: they
/// are cancelled, in any order, when the runtime ends.
pub(super) struct Running<W: GroupWork>(pub(super) Arc<Shared<W>>);

/// Runs groups until the queue is closed and every request is finished.
pub(super) async fn run<W: GroupWork>(running: Running<W>) {
    let running = Arc::new(running);
    let shared = Arc::clone(&running.0);
    let mut batches = JoinSet::new();
    let mut full = shared.budget.full();
    loop {
        while batches.try_join_next().is_some() {}
        let is_awaited = shared.budget.is_awaited();
        match shared.queue.next(&shared.limits, is_awaited) {
            Next::Run(group) => {
                let batch = Batch::new(group, Arc::clone(&shared));
                let running = Arc::clone(&running);
                batches.spawn(async move {
                    batch.run().await;
                    drop(running);
                });
            }
            // A batch wakes the dispatcher when it ends.
            Next::Wait(due) => {
                let (wake, full) = (pin!(shared.wake.notified()), pin!(full.changed()));
                let woken = select(wake, full);
                let woken = match due {
                    Some(due) => timeout_at(due, woken).await.ok(),
                    None => Some(woken.await),
                };
                if let Some(Either::Right(_)) = woken {
                    // The queue is full, and may be smaller than a group.
                    let _next = shared.queue.flush();
                }
            }
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
        Batch::new(self.0.queue.drain(), Arc::clone(&self.0)).fail();
    }
}
