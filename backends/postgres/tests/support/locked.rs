//! A user who has a password.

use genledger_postgres::sqlx::postgres::PgConnectOptions;

use crate::server::variable;

/// How to reach the server as that user.
pub(crate) fn options() -> PgConnectOptions {
    variable("GENLEDGER_POSTGRES_LOCKED_URL")
}
