//! Databases that one test after the other uses.
#![cfg(any(feature = "postgres", feature = "mysql"))]

use genledger_testkit::a_database_that_was_changed_is_not_used_again;
#[cfg(feature = "mysql")]
use genledger_testkit::mysql::MySqlServer;
#[cfg(feature = "postgres")]
use genledger_testkit::postgres::PostgresServer;

#[cfg(feature = "postgres")]
genledger_testkit::server_cases!(backend_postgres => PostgresServer::Direct; [
    a_database_that_was_changed_is_not_used_again,
]);

#[cfg(feature = "mysql")]
genledger_testkit::server_cases!(
    backend_mariadb => MySqlServer::MariaDb,
    backend_mysql => MySqlServer::MySql;
    [a_database_that_was_changed_is_not_used_again]
);
