//! Months as partitions, on PostgreSQL, MariaDB and MySQL; other stores refuse them and are the same otherwise.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod drops;
mod elsewhere;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod killed;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod months;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod moved;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod place;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod plans;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod same_id;
