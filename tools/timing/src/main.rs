//! What the activity logs cost, as ratios: `cargo run --release -p genledger-timing [URL]`.
//!
//! Contenders take turns inside of each round, so that a slow moment of the machine meets all of
//! them; medians of the rounds are compared. The URL is that of an empty database, SQLite in a
//! temporary folder if left out.

mod append;
mod json;
mod plain;

use std::error::Error;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    json::compare()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(append::compare(std::env::args().nth(1)))
}

/// Times a piece of work.
fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let began = Instant::now();
    std::hint::black_box(work());
    began.elapsed()
}

/// The middle of some durations.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// A ratio in thousandths, shown with its three digits.
fn ratio(of: Duration, to: Duration) -> String {
    let thousandths = of.as_nanos().saturating_mul(1000) / to.as_nanos().max(1);
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}
