//! Months as partitions, on PostgreSQL, MariaDB and MySQL; other stores refuse them and are the same otherwise.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod drops;
mod elsewhere;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod killed;
mod months;
mod moved;
mod place;
mod plans;
mod same_id;
