//! From a URL to a store.

use std::sync::Arc;

use genledger_contract::schema::Layout;
use genledger_contract::{Error, Result, Store, Violation};
use genledger_memory::MemoryStore;

/// Opens the store that a URL names. The rest of a program does not depend on the database.
///
/// | URL | store | feature |
/// |---|---|---|
/// | `memory:` | a new, empty store in memory | – |
/// | `sqlite:path/to/file.db`, `sqlite::memory:` | SQLite: a file, or a private database that ends with the store | `sqlite` |
/// | `postgres://user:password@host/database`, `postgresql://…` | PostgreSQL | `postgres` |
/// | `mysql://user:password@host/database`, `mariadb://…` | MySQL or MariaDB | `mysql` |
///
/// The connection is tried at once. A URL also holds the settings of the pool and of TLS
/// (`postgres://host/db?max_connections=20&acquire_timeout=2000&sslmode=require`; times in
/// milliseconds); `docs/backends.md` lists them; an unknown setting is refused. All other settings are in the
/// configurations in [`backends`](crate::backends).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("memory:").await?;
/// assert_eq!(store.capability().dialect, "memory");
///
/// let error = genledger::connect("oracle://host/db").await.unwrap_err();
/// assert_eq!(error.kind(), genledger::ErrorKind::Invalid);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Invalid`](genledger_contract::ErrorKind::Invalid) when it is not such a URL;
/// [`Unsupported`](genledger_contract::ErrorKind::Unsupported) when the feature of the database is
/// off, which the message names; [`Unavailable`](genledger_contract::ErrorKind::Unavailable) when
/// the database cannot be reached, and [`Denied`](genledger_contract::ErrorKind::Denied) when it
/// refuses the user. No message repeats the URL, which may hold a password.
pub async fn connect(url: &str) -> Result<Arc<dyn Store>> {
    connect_with_layout(url, &Layout::new()).await
}

/// [`connect`] for tables with other names, schemas and types than those that the library creates, or in
/// [partitions](crate::partitions). Memory needs no layout.
///
/// ```
/// use genledger::contract::schema::Layout;
/// use genledger::usage::UsageLog;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let layout = Layout::new().table::<UsageLog>("api_logs");
/// let store = genledger::connect_with_layout("sqlite::memory:", &layout).await?;
/// # store.close().await;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Those of [`connect`]; [`Invalid`](genledger_contract::ErrorKind::Invalid) and
/// [`Schema`](genledger_contract::ErrorKind::Schema) for a layout that cannot be, and
/// [`Unsupported`](genledger_contract::ErrorKind::Unsupported) for schemas and partitions on SQLite.
pub async fn connect_with_layout(url: &str, layout: &Layout) -> Result<Arc<dyn Store>> {
    let Some((scheme, rest)) = url.split_once(':') else {
        return Err(unknown_scheme());
    };
    // Schemes are compared without case, as in every URL.
    match scheme.to_ascii_lowercase().as_str() {
        "memory" if matches!(rest, "" | "//") => Ok(Arc::new(MemoryStore::new())),
        "memory" => Err(Error::from(Violation::new(
            "url",
            "memory",
            "of a store in memory must be exactly `memory:`",
        ))),
        "sqlite" => sqlite(rest, layout).await,
        "postgres" | "postgresql" => postgres(rest, layout).await,
        "mysql" | "mariadb" => mysql(rest, layout).await,
        _ => Err(unknown_scheme()),
    }
}

fn unknown_scheme() -> Error {
    Violation::new(
        "url",
        "unknown_scheme",
        "must begin with memory:, sqlite:, postgres://, postgresql://, mysql:// or mariadb://",
    )
    .into()
}

#[cfg(feature = "sqlite")]
async fn sqlite(rest: &str, layout: &Layout) -> Result<Arc<dyn Store>> {
    let store = genledger_sqlite::SqliteStore::connect(format!("sqlite:{rest}").parse()?).await?;
    Ok(Arc::new(store.with_layout(layout)?))
}

#[cfg(feature = "postgres")]
async fn postgres(rest: &str, layout: &Layout) -> Result<Arc<dyn Store>> {
    let store = genledger_postgres::PgStore::connect(format!("postgres:{rest}").parse()?).await?;
    Ok(Arc::new(store.with_layout(layout)?))
}

#[cfg(feature = "mysql")]
async fn mysql(rest: &str, layout: &Layout) -> Result<Arc<dyn Store>> {
    let store = genledger_mysql::MySqlStore::connect(format!("mysql:{rest}").parse()?).await?;
    Ok(Arc::new(store.with_layout(layout)?))
}

/// The error for a database whose feature is off.
macro_rules! missing {
    ($($database:literal $feature:literal $function:ident),+) => {$(
        #[cfg(not(feature = $feature))]
        async fn $function(_rest: &str, _layout: &Layout) -> Result<Arc<dyn Store>> {
            Err(Error::unsupported(concat!(
                "this program was built without ", $database, ": turn on the feature `", $feature,
                "` of genledger",
            )))
        }
    )+};
}

missing!("SQLite" "sqlite" sqlite, "PostgreSQL" "postgres" postgres, "MySQL and MariaDB" "mysql" mysql);
