//! Relative costs of the activity logs: `cargo run --release -p genledger-timing [json|append]`.
//!
//! Contenders take turns inside of each round, so that a slow period of the machine affects all of
//! them; medians of the rounds are compared. Rows go to SQLite in a temporary folder.

mod append;
mod json;
mod plain;

use std::error::Error;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let only = std::env::args().nth(1);
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    if wanted("json") {
        json::compare()?;
    }
    if wanted("append") {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(append::compare())?;
    }
    Ok(())
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
