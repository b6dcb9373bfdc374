//! Dropping a future somewhere on its way.

pub(crate) mod bench;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// When a future is dropped after its last poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// At once, while what it waits for is still under way.
    AtOnce,
    /// When it is woken, with the answer there and not yet read.
    WhenWoken,
}

/// Both moments.
pub(crate) const MOMENTS: [Moment; 2] = [Moment::AtOnce, Moment::WhenWoken];

/// Polls a future so many times and then drops it; `None` unless it completed before.
///
/// It is polled only when it was woken, as by any runtime, so what it waits for has time to happen
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
