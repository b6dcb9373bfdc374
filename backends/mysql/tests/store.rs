//! Behaviour that the conformance suite does not require of every backend: SQL and pools of the application,
//! limits of time and size, and the content of errors.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;

use genledger_contract::schema::Script;
use genledger_contract::table::MAX_TEXT_BYTES;
use genledger_contract::{ErrorKind, Filter, MigrationSet, SessionExt, Store};
use genledger_mysql::sqlx::mysql::{MySqlPoolOptions, MySqlSslMode};
use genledger_mysql::sqlx::{self, Row};
use genledger_mysql::{MySqlConfig, MySqlStore};
use genledger_testkit::TestServer;

use genledger_testkit::hostile::When;
use genledger_testkit::mysql::{MySqlServer, pool_that_runs};
use genledger_testkit::store::{self, Note, fails, notes};

genledger_testkit::server_store_cases!(backend_mariadb => MySqlServer::MariaDb, backend_mysql => MySqlServer::MySql; [
    pools_of_the_application,
    settings_that_lose_writes_are_refused_or_undone,
    servers_that_are_not_there,
    errors_quote_no_value,
    values_larger_than_a_packet_are_refused,
    a_change_that_was_cut_short_is_recognized,
    a_half_done_script_is_refused,
    no_connection_closes_a_statement,
    connections_are_encrypted_or_refused,
]);

async fn pools_of_the_application(server: MySqlServer) {
    let pool = MySqlPoolOptions::new().max_connections(2);
    let prepared = pool
        .clone()
        .after_connect(|connection, _| Box::pin(genledger_mysql::prepare_connection(connection)));
    let pool_prepared = prepared.connect_with(server.options()).await.unwrap();
    let store = MySqlStore::from_pool(pool_prepared).await.unwrap();
    let expected = match server {
        MySqlServer::MariaDb => "MariaDB",
        MySqlServer::MySql => "MySQL",
    };
    assert_eq!(store.capability().backend, expected);
    assert!(store.capability().skip_locked);
    store.close().await;

    // The defaults of the server are REPEATABLE READ and its own time zone.
    let pool = pool.connect_with(server.options()).await.unwrap();
    fails(MySqlStore::from_pool(pool).await, ErrorKind::Invalid);
}

/// Settings of a server or an application with which a store cannot work.
const AWKWARD: [&str; 4] = [
    "SET SESSION autocommit = 0",
    "SET SESSION completion_type = 'CHAIN'",
    "SET SESSION sql_select_limit = 1",
    "SET SESSION sql_safe_updates = 1",
];

async fn settings_that_lose_writes_are_refused_or_undone(server: MySqlServer) {
    for one in AWKWARD.chunks(1) {
        let pool = pool_that_runs(one.to_vec(), When::Prepared, server.options()).await;
        let refused = MySqlStore::from_pool(pool).await;
        assert_eq!(
            refused.unwrap_err().kind(),
            ErrorKind::Invalid,
            "{server:?}: {one:?}"
        );
    }

    let (_database, store) = notes(server).await;
    let known = store.pool().connect_options();
    let options = server.options().database(known.get_database().unwrap());
    let pool = pool_that_runs(AWKWARD.to_vec(), When::Unprepared, options).await;
    let prepared = MySqlStore::from_pool(pool).await.unwrap();
    let session = prepared.session();
    session.insert(&Note::new(1, "one")).await.unwrap();
    session.insert(&Note::new(2, "two")).await.unwrap();
    session
        .update_where(Note::HITS.eq(0), [Note::HITS.plus(1)])
        .await
        .unwrap();
    prepared.close().await;
    for id in [1, 2] {
        let note: Note = store.session().get(&id).await.unwrap();
        assert_eq!(note.hits, 1, "{server:?}");
    }
}

/// A process was killed after an ALTER and before it recorded the change.
async fn a_change_that_was_cut_short_is_recognized(server: MySqlServer) {
    let (_database, store) = notes(server).await;
    let changes = [
        "ALTER TABLE notes ADD COLUMN stars BIGINT NULL",
        "ALTER TABLE notes ADD INDEX notes_stars (stars)",
        "ALTER TABLE notes ADD CONSTRAINT few_stars CHECK (stars < 6)",
        "ALTER TABLE notes RENAME INDEX notes_stars TO stars_of_notes",
        "ALTER TABLE notes DROP CONSTRAINT few_stars",
        "CREATE TABLE more_notes (id BIGINT NOT NULL)",
        "ALTER TABLE more_notes ADD PRIMARY KEY (id)",
        "ALTER TABLE more_notes CHANGE COLUMN id number BIGINT NOT NULL",
        "RENAME TABLE more_notes TO other_notes",
        "CREATE VIEW a_view AS SELECT number FROM other_notes",
        "CREATE TRIGGER a_trigger BEFORE INSERT ON other_notes FOR EACH ROW SET NEW.number = 1",
        "DROP TRIGGER a_trigger",
        "DROP VIEW a_view",
        "DROP TABLE other_notes",
        "ALTER TABLE notes DROP COLUMN stars",
    ];
    let scripts: Vec<Script> = (1..)
        .zip(changes)
        .map(|(version, sql)| Script::new("mysql", version, "change", sql))
        .collect();
    for last in 1..=scripts.len() {
        let some: &'static [Script] = scripts[..last].to_vec().leak();
        let sets = [MigrationSet::of("changes", &[]).with_scripts(some)];
        let report = store.migrate(&sets).await.unwrap();
        assert_eq!(report.applied.len(), 1, "{}", changes[last - 1]);
        let cut =
            format!("UPDATE _genledger_migrations SET state = 'started' WHERE version = {last}");
        MySqlServer::run(&store, &cut).await;
        let report = store.migrate(&sets).await;
        let report = report.unwrap_or_else(|error| panic!("{}: {error:?}", changes[last - 1]));
        assert_eq!(report.applied.len(), 1, "{}", changes[last - 1]);
        assert!(store.migrate(&sets).await.unwrap().applied.is_empty());
    }
}

/// A change that exists without a record that its script was started does not count as that of the script.
async fn a_half_done_script_is_refused(server: MySqlServer) {
    let (_database, store) = notes(server).await;
    MySqlServer::run(&store, "ALTER TABLE notes ADD COLUMN stars INT NULL").await;
    let set = |sql| {
        let script = Script::new("mysql", 1, "stars", sql);
        [MigrationSet::of("stars", &[]).with_scripts(Box::leak(Box::new([script])))]
    };
    let sets = set("ALTER TABLE notes ADD COLUMN stars BIGINT NULL");
    for _ in 0..2 {
        fails(store.migrate(&sets).await, ErrorKind::Schema);
    }
    let two = set("ALTER TABLE notes DROP COLUMN stars; ALTER TABLE notes DROP COLUMN hits");
    fails(store.migrate(&two).await, ErrorKind::Invalid);
    // A corrected script has the same version.
    let better = set("ALTER TABLE notes MODIFY COLUMN stars BIGINT NULL");
    assert_eq!(
        store.migrate(&better).await.unwrap().applied,
        ["stars/stars"]
    );
}

async fn servers_that_are_not_there(server: MySqlServer) {
    store::servers_that_never_reply(server).await;
    let locked = MySqlConfig::new(server.options_of("LOCKED_URL").password("not the password"));
    fails(MySqlStore::connect(locked).await, ErrorKind::Denied);
    let elsewhere = server.options().database("no_such_database");
    let error = MySqlStore::connect(MySqlConfig::new(elsewhere)).await;
    // For a user without rights on all databases, the server does not report which ones exist.
    let kind = error.unwrap_err().kind();
    assert!(
        matches!(kind, ErrorKind::Schema | ErrorKind::Denied),
        "{kind}"
    );
    fails(
        "postgres://somewhere".parse::<MySqlConfig>(),
        ErrorKind::Invalid,
    );
}

async fn errors_quote_no_value(server: MySqlServer) {
    let [conflict, invalid] = store::errors_quote_no_value(server).await;
    assert_eq!(conflict.column(), Some("title"));
    assert_eq!(invalid.column(), Some("hits"));
}

/// A message that is sent after closing a statement waits for 40 ms, so a connection with many statements
/// is replaced instead.
async fn no_connection_closes_a_statement(server: MySqlServer) {
    const CLOSED: &str = "SHOW SESSION STATUS WHERE Variable_name IN ('Com_stmt_close')";
    let (database, _store) = notes(server).await;
    let options = server.options().statement_cache_capacity(32);
    let store = MySqlStore::connect(database.config(options, 1)).await;
    let store = store.unwrap();
    let session = store.session();
    let mut connections = BTreeSet::new();
    for shape in 1..100 {
        let any = (0..shape).fold(Filter::none(), |any, id| any | Note::ID.eq(id));
        session.count(any, 1).await.unwrap();
        let mut connection = store.pool().acquire().await.unwrap();
        let row = sqlx::raw_sql(CLOSED).fetch_one(&mut *connection).await;
        let closed: String = row.unwrap().get(1);
        assert_eq!(closed, "0", "{server:?}: after {shape} shapes");
        let row = sqlx::raw_sql("SELECT CONNECTION_ID()");
        let row = row.fetch_one(&mut *connection).await.unwrap();
        connections.insert(row.get_unchecked::<String, _>(0));
    }
    // Three times 33 shapes.
    assert_eq!(connections.len(), 4, "{connections:?}");
}

async fn connections_are_encrypted_or_refused(server: MySqlServer) {
    let options = server.options().ssl_mode(MySqlSslMode::Required);
    let store = MySqlStore::connect(MySqlConfig::new(options)).await;
    if !cfg!(feature = "tls-rustls") {
        fails(store, ErrorKind::Unsupported);
        return;
    }
    let store = match (server, store) {
        // A server without a certificate.
        (MySqlServer::MariaDb, Err(error)) => {
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
            return;
        }
        (_, store) => store.unwrap(),
    };
    let status = sqlx::raw_sql("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
    let row = status.fetch_one(store.pool()).await.unwrap();
    assert!(!row.get::<String, _>(1).is_empty(), "it is not encrypted");
}

async fn values_larger_than_a_packet_are_refused(server: MySqlServer) {
    let (_database, store) = notes(server).await;
    let session = store.session();
    let most = store.capability().max_value_bytes;
    let mut large = Note::new(1, "large");
    large.body = Some("x".repeat(most));
    session.insert(&large).await.unwrap();
    assert_eq!(session.get::<Note>(&1).await.unwrap(), large);
    let transaction = store.begin().await.unwrap();
    transaction.insert(&Note::new(2, "small")).await.unwrap();
    if most < MAX_TEXT_BYTES {
        // A packet is smaller than the library's own limit.
        large.id = 3;
        large.title = "larger".to_owned();
        large.body = Some("x".repeat(MAX_TEXT_BYTES));
        fails(transaction.insert(&large).await, ErrorKind::Invalid);
        fails(session.insert(&large).await, ErrorKind::Invalid);
    }
    drop(transaction);
}
