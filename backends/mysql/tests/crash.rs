//! `kill -9` of the servers in the middle of migrations, writes and commits.

use genledger_testkit::crash::survives_kill_nine;
use genledger_testkit::mysql::MySqlServer;

genledger_testkit::server_cases!(
    backend_mariadb => MySqlServer::MariaDb,
    backend_mysql => MySqlServer::MySql;
    [survives_kill_nine]
);
