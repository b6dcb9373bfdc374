//! `kill -9` of the server in the middle of migrations, writes and commits.

use genledger_testkit::crash::survives_kill_nine;
use genledger_testkit::postgres::PostgresServer;

genledger_testkit::server_cases!(backend_postgres => PostgresServer::Direct; [survives_kill_nine]);
