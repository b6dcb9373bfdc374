//! The conformance suite on `MariaDB` and `MySQL`, with and without row locks. Without them the tables
//! have names and types of their own.

use genledger_testkit::ServerHarness;
use genledger_testkit::mysql::MySqlServer;

genledger_conformance::suite!(backend_mariadb, ServerHarness::new(MySqlServer::MariaDb));
genledger_conformance::suite!(backend_mysql, ServerHarness::new(MySqlServer::MySql));
genledger_conformance::suite!(
    backend_mariadb_unlocked,
    ServerHarness::unlocked(MySqlServer::MariaDb)
);
genledger_conformance::suite!(
    backend_mysql_unlocked,
    ServerHarness::unlocked(MySqlServer::MySql)
);
