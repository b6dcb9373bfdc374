//! The conformance suite on `PostgreSQL`, with row locks and without them, and behind `PgBouncer`.
//! Without locks the tables have names and types of their own.

use genledger_testkit::ServerHarness;
use genledger_testkit::postgres::PostgresServer;

genledger_conformance::suite!(backend_postgres, ServerHarness::new(PostgresServer::Direct));
genledger_conformance::suite!(
    backend_postgres_unlocked,
    ServerHarness::unlocked(PostgresServer::Direct)
);
genledger_conformance::suite!(
    backend_postgres_pgbouncer,
    ServerHarness::new(PostgresServer::PgBouncer)
);
