//! A user who has a password.

use genledger_mysql::sqlx::mysql::MySqlConnectOptions;

use crate::server::Server;

/// How to reach a server as that user.
pub(crate) fn options(server: Server) -> MySqlConnectOptions {
    server.variable("LOCKED_URL")
}
