//! The typed domain model and the storage layer of generative-AI platforms: entities, enums with
//! their numeric codes, validation, and repositories that behave the same on memory, SQLite,
//! PostgreSQL, MySQL and MariaDB.
//!
//! Every such platform implements this layer itself, with the same faults: logs that are lost
//! or written twice, log pages that take thirty seconds, money in floats, enum codes that cannot be
//! read during a rolling upgrade. This library implements the layer once, with every behaviour as a
//! conformance case that runs on every database.
//!
//! # In twelve lines
//!
//! ```
//! use genledger::prelude::*;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! let store = genledger::connect("memory:").await?; // or sqlite:usage.db, postgres://…, mysql://…
//! store.migrate(genledger::schema::all()).await?;
//!
//! let logs = UsageLogs::new(store.clone());
//! let ids = UsageLogIdGenerator::system(NodeId::new(1)?);
//! let log = NewUsageLog::new(UsageLogType::Consume, 42)
//!     .model_name("gpt-4.1-mini")
//!     .tokens(1_200, 350)
//!     .quota(1_500)
//!     .into_log(&ids)?; // every broken rule is reported at once; the id is fixed here
//! assert!(logs.append(&log).await?); // it is new
//! assert!(!logs.append(&log).await?); // a retry is recognised
//!
//! let page = logs.page_for_user(42, &UserUsageLogFilter::new(), &Paging::first(20)).await?;
//! assert_eq!(page.items[0].quota, 1_500);
//! # Ok(())
//! # }
//! ```
//!
//! ```toml
//! [dependencies]
//! genledger = { version = "0.1", features = ["sqlite"] }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! `cargo run --example quickstart` in the repository shows more: bulk appends, pages, totals.
//!
//! # Modules
//!
//! | module | content |
//! |---|---|
//! | [`usage`] | usage logs of a model gateway: who called which model, what it cost, and the totals |
//! | [`midjourney`] | Midjourney tasks of a model gateway: submitted, polled, timed out, refunded |
//! | [`generation`] | image and video tasks on a pool of provider accounts |
//! | [`accounting`] | metering and money: amounts, prices, the ledger with its balances and charges, its audit |
//! | [`activity`] | the business logs of an AI-image platform |
//! | [`outbox`] | events that are written in the transaction of the change they describe, and read in one order without gaps |
//! | [`log_writer`] | logs that are written in the background, in groups, with a spill on the local disk |
//! | [`retention`] | old logs are deleted in batches, next to writers at full speed |
//! | [`partitions`] | months of logs as partitions: created ahead, and dropped at once |
//! | [`connect`](connect()), [`backends`] | from a URL to a store; the stores with all their settings |
//! | [`databases`] | the databases of a service from the environment: one, or another one for the logs |
//! | [`schema`] | the tables and their migrations, as data |
//! | [`id`], [`time`] | ids that the client makes; clocks as parameters; the calendars of time zones |
//! | [`mask`] | hides URLs, domains, addresses and secrets in texts |
//! | [`validate`] | rules that report every violation at once |
//! | `contract` | the storage contract: entities, typed filters, pages, transactions, errors |
//!
//! Every statement that a store sends is an event of `tracing`, which never contains a value;
//! [`StoreExt::explain`](contract::StoreExt::explain) shows the plan of a query, and `to_sql` of the stores its
//! text: `docs/guide/seeing-sql.md` in the repository.
//!
//! Your own tables work like those of this crate: `#[derive(Entity)]` on a plain struct gives it a
//! table, typed columns and a [repository](contract::Repository). See [`contract::Entity`].
//!
//! The crates whose types are in signatures are here as well, in the version that fits: `genledger::chrono`,
//! `chrono_tz`, `rust_decimal`, `uuid`, and `futures_util`, whose `StreamExt` reads a stream. [`macro@async_trait`]
//! is for your own `impl` of a repository or a store.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | *(none)* | the domain, the contract, and the store in memory |
//! | `sqlite` | SQLite, bundled: one writer with group commit, several readers |
//! | `postgres` | PostgreSQL, through sqlx |
//! | `mysql` | MySQL and MariaDB, through sqlx |
//! | `tls-rustls` | TLS for PostgreSQL, MySQL and MariaDB |
//! | `mysql-rsa` | MySQL passwords over connections without TLS |
//! | `mock` | a mock of every repository, for unit tests of services |
//!
//! No feature is on by default, and none changes a type.
//!
//! # Databases
//!
//! | database | URL | good for |
//! |---|---|---|
//! | memory | `memory:` | tests; the reference for every behaviour |
//! | SQLite | `sqlite:usage.db`, `sqlite::memory:` | one process, no server; `?synchronous=full` where a crash of the machine must lose no commit |
//! | PostgreSQL | `postgres://user@host/database` | many processes |
//! | MySQL, MariaDB | `mysql://user@host/database`, `mariadb://…` | many processes |
//!
//! All of them guarantee: a write is atomic and happens once or not at all, also when its future
//! is dropped; text is compared byte by byte; numbers and decimals are exact; times are UTC; the
//! schema can be [verified](contract::Store::verify_schema). [`Capability`](contract::store::Capability)
//! describes the differences.
//!
//! # Errors
//!
//! There is one [`Error`] with a [kind](ErrorKind). Two of its kinds need special handling:
//! [`SerializationFailure`](ErrorKind::SerializationFailure) is retryable:
//! [`StoreExt::transaction`](contract::StoreExt::transaction) and every write outside of a transaction retry it
//! automatically;
//! [`OutcomeUnknown`](ErrorKind::OutcomeUnknown) means that the connection died while a write was
//! in progress. Append the same row again, which resolves it; reading its id does not, since the server may
//! still be executing the cancelled write. For other transactions, use
//! [`StoreExt::transaction_once`](contract::StoreExt::transaction_once).

#![cfg_attr(docsrs, feature(doc_cfg))]

// The derive macros refer to this crate by its name, also inside of the crate.
extern crate self as genledger;

// The crates whose types are in signatures, and what an `impl` of a repository and the reading of a stream
// need: an application has the right versions of them without a dependency of its own.
pub use async_trait::async_trait;
pub use connect::{connect, connect_with_layout};
pub use {chrono, chrono_tz, futures_util, rust_decimal, uuid};

pub use genledger_contract as contract;
pub use genledger_contract::{Error, ErrorKind, Result};
pub use redacted::Redacted;

pub mod accounting;
pub mod activity;
mod append;
pub mod backends;
mod connect;
pub mod databases;
pub mod generation;
mod group_commit;
pub mod id;
pub mod json;
pub mod log_writer;
pub mod mask;
pub mod midjourney;
pub mod outbox;
pub mod paging;
pub mod partitions;
pub mod prelude;
mod redacted;
pub mod retention;
pub mod schema;
mod setters;
mod shows_no_operand;
mod store_or_tx;
pub mod time;
pub mod usage;
pub mod validate;

/// The examples of the documents are compiled and run with those of the crate; those of the guide by
/// `examples/service`.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../README.md")]
    struct Readme;

    #[doc = include_str!("../CONTRIBUTING.md")]
    struct Contributing;
}
