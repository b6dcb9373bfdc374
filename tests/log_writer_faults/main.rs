//! Faults while logs are written in the background: every acknowledged log is stored once, none is stored twice, and
//! the roll-ups agree with the logs.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod away;
mod faulty;
mod full_disk;
mod killed_process;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod killed_server;
mod late_schema;
mod load;
mod lost_reply;
mod no_shutdown;
mod odd_logs;
mod pool;
mod replays;
mod rows;
mod settings;
mod shutdown;
mod stalled_server;
mod support;
