//! The `MySQL` and `MariaDB` store of genledger, on sqlx.
//!
//! ```no_run
//! # async fn example() -> genledger_contract::Result<()> {
//! use genledger_mysql::MySqlStore;
//!
//! let store = MySqlStore::from_url("mysql://app@localhost/app").await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What an error of the server means
//!
//! | number | [`ErrorKind`](genledger_contract::ErrorKind) |
//! |---|---|
//! | 1062 | `Conflict` |
//! | 1264, 1690 | `Invalid` with the rule `overflow` |
//! | 1048, 1153, 1216, 1217, 1265, 1292, 1301, 1366, 1406, 1411, 1451, 1452, 3819, 4025 | `Invalid` |
//! | 1205, 1213, 3101, 3572 | `Serialization` |
//! | 1049, 1051, 1054, 1136, 1146, 1305, 1364 | `Schema` |
//! | 1044, 1045, 1129, 1130, 1142, 1143, 1227, 1370, 1410, 1698, 1820, 1862, 3118, 4151 | `Denied` |
//! | 1317, 1969, 3024 | `Timeout` |
//! | 1040, 1047, 1053, 1077, 1079, 1080, 1152, 1158 to 1161, 1184, 1203, 1226, 1290, 1792, 1836, 1927, 2006, 2013, 3169, 4031 | `Unavailable` |
//! | anything else | `Other` |
//!
//! After 1205 the server keeps the transaction and after 1213 it does not: both end it here, since
//! every error of the database poisons a transaction.
//!
//! # Features
//!
//! `tls-rustls` lets connections be encrypted (`ssl-mode` in the URL).
//! `mysql-rsa` lets a password be sent over a connection that is not (`caching_sha2_password` and
//! `sha256_password`; a Unix socket and an account without a password do not need it).

mod bind;
mod config;
mod connection;
mod error;
mod introspect;
mod read;
mod settings;
mod store;

pub use config::MySqlConfig;
pub use connection::{MySqlDriver, prepare_connection};
pub use genledger_sqlx::{PoolConfig, with_connection};
pub use sqlx;
pub use store::{MySqlStore, MySqlTransaction};
