//! Drops a future after a number of polls.

pub(crate) mod bench;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// The moment at which a future is dropped after its last poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// At once, while the operation that it waits for is still running.
    AtOnce,
    /// When it is woken, while the result is ready and not yet read.
    WhenWoken,
}

/// Both moments.
pub(crate) const MOMENTS: [Moment; 2] = [Moment::AtOnce, Moment::WhenWoken];

/// Polls a future this many times and then drops it; `None` unless it completed before.
///
/// It is polled only when it was woken, as by any runtime, so the operation that it waits for can progress
/// between the polls.
pub(crate) async fn cut_short<F: Future>(
    future: F,
    polls: usize,
    moment: Moment,
) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polled = 0;
    poll_fn(|context| {
        if polled == polls {
            return Poll::Ready(None);
        }
        polled += 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if polled == polls && moment == Moment::AtOnce => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
