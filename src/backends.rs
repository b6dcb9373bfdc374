//! The stores, each behind the feature that is named after its database. The one in memory is
//! always compiled.

pub use genledger_memory::{MemoryConfig, MemoryStore};

#[cfg(feature = "sqlite")]
#[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
pub use genledger_sqlite::{self as sqlite, SqliteConfig, SqliteStore};

#[cfg(feature = "postgres")]
#[cfg_attr(docsrs, doc(cfg(feature = "postgres")))]
pub use genledger_postgres::{self as postgres, PgConfig, PgStore};

#[cfg(feature = "mysql")]
#[cfg_attr(docsrs, doc(cfg(feature = "mysql")))]
pub use genledger_mysql::{self as mysql, MySqlConfig, MySqlStore};
