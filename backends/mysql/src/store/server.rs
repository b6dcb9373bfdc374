//! Properties of the server and the dialect, driver and limits that follow from them.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use genledger_contract::Result;
use genledger_contract::store::Capability;
use genledger_contract::table::MAX_TEXT_BYTES;
use genledger_sql::{Dialect, MYSQL};
use genledger_sqlx::classify;
use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use crate::connection::MySqlDriver;
use crate::settings::{IdleLimit, SessionLimits, Settings, StatementLimit};

/// The part of a packet that is kept for the other values of a row with one value of the maximum size.
const RESERVED: usize = 64 * 1024;

/// Properties of the server.
#[derive(Debug)]
pub(super) struct Server {
    version: String,
    max_packet: usize,
    /// The most prepared statements of all connections together.
    max_statements: Option<usize>,
    max_connections: Option<u32>,
}

impl Server {
    /// Reads the properties through a connection, and returns an error if it is not set up.
    pub(super) async fn read(connection: &mut MySqlConnection) -> Result<Self> {
        let settings = Settings::of(connection)
            .await
            .map_err(classify::<MySqlDriver>)?;
        settings.check()?;
        settings.check_server()?;
        Ok(Self {
            version: settings.get("version").unwrap_or_default().to_owned(),
            max_packet: settings
                .number("max_allowed_packet")
                .unwrap_or(MAX_TEXT_BYTES),
            max_statements: settings.number("max_prepared_stmt_count"),
            max_connections: settings
                .number("max_connections")
                .map(|limit| u32::try_from(limit).unwrap_or(u32::MAX)),
        })
    }

    pub(super) fn driver(&self, limits: Option<SessionLimits>, statements: usize) -> MySqlDriver {
        MySqlDriver {
            limits,
            statements,
            packet: Arc::new(AtomicUsize::new(self.max_packet)),
        }
    }

    pub(super) fn dialect(&self, locks: bool) -> &'static Dialect {
        if locks && self.has_skip_locked() {
            &MYSQL
        } else {
            MYSQL.unlocked()
        }
    }

    pub(super) fn capability(&self, dialect: &Dialect) -> Capability {
        let backend = if self.is_mariadb() {
            "MariaDB"
        } else {
            "MySQL"
        };
        let mut capability = Capability::new(backend, dialect.name());
        capability.version.clone_from(&self.version);
        capability.durable = true;
        capability.concurrent_writers = true;
        capability.skip_locked = dialect.locks();
        capability.max_value_bytes = MAX_TEXT_BYTES.min(self.max_packet.saturating_sub(RESERVED));
        capability.introspection = true;
        capability.partitions = true;
        capability
    }

    pub(super) fn statement_limit(&self, timeout: Duration) -> StatementLimit {
        if self.is_mariadb() {
            // Zero would be no limit.
            let micros = i64::try_from(timeout.as_micros().max(1)).unwrap_or(i64::MAX);
            StatementLimit::Seconds(Decimal::new(micros, 6))
        } else {
            let millis = timeout.as_millis().max(1);
            StatementLimit::Millis(u32::try_from(millis).unwrap_or(u32::MAX))
        }
    }

    pub(super) fn idle_limit(&self, timeout: Duration) -> IdleLimit {
        // Zero would be no limit on MariaDB. The most that MySQL accepts is a year.
        let seconds = timeout.as_millis().div_ceil(1_000).clamp(1, 31_536_000);
        let seconds = u32::try_from(seconds).unwrap_or(31_536_000);
        if self.is_mariadb() {
            IdleLimit::Transaction(seconds)
        } else {
            IdleLimit::Connection(seconds)
        }
    }

    /// The connections that the server accepts.
    pub(super) const fn max_connections(&self) -> Option<u32> {
        self.max_connections
    }

    /// How many prepared statements each connection may keep: as many as configured, but all
    /// connections together at most a quarter of the server's limit, since a service has several
    /// processes.
    pub(super) fn statements(&self, configured: Option<usize>, connections: u32) -> Statements {
        let configured = configured.unwrap_or(0);
        let connections = usize::try_from(connections).unwrap_or(usize::MAX).max(1);
        Statements(match self.max_statements {
            Some(most) => configured.min(most / 4 / connections),
            None => configured,
        })
    }

    fn is_mariadb(&self) -> bool {
        self.version.to_ascii_lowercase().contains("mariadb")
    }

    /// Whether the server supports SKIP LOCKED; older ones report a syntax error.
    fn has_skip_locked(&self) -> bool {
        let least = if self.is_mariadb() { (10, 6) } else { (8, 0) };
        // MariaDB reports `5.5.5-10.11.6-MariaDB` to clients that expect an old MySQL.
        let version = self.version.strip_prefix("5.5.5-").unwrap_or(&self.version);
        let mut numbers = version
            .split(|character: char| !character.is_ascii_digit())
            .map(|number| number.parse::<u32>().unwrap_or(0));
        let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        version >= least
    }
}

/// How many prepared statements a connection keeps.
///
/// Beyond it, each prepared statement closes an older one. The server does not reply to that, and
/// without `TCP_NODELAY`, which sqlx does not set, the socket then delays its next packet by 40 ms. So
/// statements are not closed: a connection that has too many after its use is replaced, which is
/// faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Statements(usize);

impl Statements {
    /// Below this, a low limit is kept as configured, and connections are not replaced.
    const FEW: usize = 32;

    /// A connection with more statements is not reused.
    pub(super) const fn most(self) -> usize {
        if self.0 < Self::FEW {
            usize::MAX
        } else {
            self.0
        }
    }

    /// The capacity of the driver's cache, with room for the statements that one transaction may add.
    pub(super) const fn cached(self) -> usize {
        if self.0 < Self::FEW {
            self.0
        } else {
            self.0 + self.0 / 4
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Server, Statements};
    use crate::settings::IdleLimit;

    #[test]
    fn a_connection_is_replaced_before_it_closes_statements() {
        let limits = |configured| {
            (
                Statements(configured).most(),
                Statements(configured).cached(),
            )
        };
        assert_eq!(limits(256), (256, 320));
        assert_eq!(limits(32), (32, 40));
        assert_eq!(limits(31), (usize::MAX, 31));
        assert_eq!(limits(0), (usize::MAX, 0));
    }

    #[test]
    fn prepared_statements_are_shared_among_connections() {
        let server = |most| Server {
            version: String::new(),
            max_packet: 1 << 24,
            max_statements: most,
            max_connections: None,
        };
        assert_eq!(
            server(Some(16_382)).statements(Some(256), 10),
            Statements(256)
        );
        assert_eq!(
            server(Some(16_382)).statements(Some(256), 100),
            Statements(40)
        );
        assert_eq!(server(Some(16_382)).statements(Some(7), 100), Statements(7));
        assert_eq!(server(Some(10)).statements(Some(256), 10), Statements(0));
        assert_eq!(server(None).statements(Some(256), 10), Statements(256));
    }

    #[test]
    fn versions_are_distinguished() {
        let server = |version: &str| Server {
            version: version.to_owned(),
            max_packet: 1 << 24,
            max_statements: None,
            max_connections: None,
        };
        assert!(server("10.11.6-MariaDB-0+deb12u1").has_skip_locked());
        assert!(server("5.5.5-10.6.2-MariaDB").has_skip_locked());
        assert!(!server("10.5.9-MariaDB").has_skip_locked());
        assert!(server("8.0.36").has_skip_locked());
        assert!(server("9.7.0").has_skip_locked());
        assert!(!server("5.7.44-log").has_skip_locked());
        assert!(server("10.11.6-MariaDB").is_mariadb());
        assert!(!server("8.4.0").is_mariadb());
        let idle = |version, millis| server(version).idle_limit(Duration::from_millis(millis));
        assert_eq!(idle("10.11.6-MariaDB", 0), IdleLimit::Transaction(1));
        assert_eq!(idle("10.11.6-MariaDB", 1_001), IdleLimit::Transaction(2));
        assert_eq!(idle("8.4.0", 1_000), IdleLimit::Connection(1));
        assert_eq!(idle("8.4.0", u64::MAX), IdleLimit::Connection(31_536_000));
    }
}
