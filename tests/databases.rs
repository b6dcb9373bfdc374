//! The databases of a service from variables: one or two, of one kind or of different kinds.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::HashMap;
use std::time::Duration;

use genledger::contract::RowOutcome;
use genledger::databases::{DatabaseConfig, DatabasesConfig};
use genledger::prelude::*;
use genledger_testkit::TestDatabase;

fn variables(given: &[(&'static str, &str)]) -> Result<DatabasesConfig> {
    let given: HashMap<&str, String> = given
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    DatabasesConfig::from_variables(|name| given.get(name).cloned())
}

fn paths(given: &[(&'static str, &str)]) -> Vec<String> {
    let error = variables(given).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let violations = error.violations().iter();
    violations.map(|one| one.path().to_owned()).collect()
}

#[test]
fn variables_have_safe_defaults() {
    let config = variables(&[("SQL_DSN", "postgres://h/d")]).unwrap();
    assert_eq!(config.logs, None);
    assert_eq!(config.main.max_open_connections, 16);
    assert_eq!(config.main.max_idle_connections, 4);
    assert_eq!(config.main.max_lifetime, Duration::from_secs(1_800));

    let both = [
        ("SQL_DSN", "postgres://h/d"),
        ("LOG_SQL_DSN", "mysql://h/d"),
    ];
    let config = variables(&both).unwrap();
    assert_eq!(config.logs.unwrap().max_open_connections, 8);
    let all = [
        ("SQL_DSN", "root:pw@tcp(db:3306)/oneapi"),
        ("LOG_SQL_DSN", "postgres://h/d"),
        ("SQL_MAX_OPEN_CONNS", "1000"),
        ("SQL_MAX_IDLE_CONNS", " 100 "),
        ("SQL_MAX_LIFETIME", "60"),
    ];
    let config = variables(&all).unwrap();
    for pool in [&config.main, config.logs.as_ref().unwrap()] {
        assert_eq!(pool.max_open_connections, 1_000);
        assert_eq!(pool.max_idle_connections, 100);
        assert_eq!(pool.max_lifetime, Duration::from_secs(60));
    }
    // A small pool has fewer idle connections.
    let small = variables(&[("SQL_DSN", "postgres://h/d"), ("SQL_MAX_OPEN_CONNS", "2")]);
    assert_eq!(small.unwrap().main.max_idle_connections, 2);
    // An empty variable is not set, and the main database is not opened twice.
    for logs in ["", " ", "postgres://h/d"] {
        let given = [("SQL_DSN", "postgres://h/d"), ("LOG_SQL_DSN", logs)];
        assert_eq!(variables(&given).unwrap().logs, None);
    }
}

#[test]
fn every_wrong_value_names_its_variable() {
    assert_eq!(paths(&[]), ["SQL_DSN"]);
    assert_eq!(paths(&[("SQL_DSN", "")]), ["SQL_DSN"]);
    assert_eq!(paths(&[("SQL_DSN", "local")]), ["SQL_DSN"]);
    let main = ("SQL_DSN", "postgres://h/d");
    assert_eq!(
        paths(&[main, ("LOG_SQL_DSN", "clickhouse")]),
        ["LOG_SQL_DSN"]
    );
    for wrong in ["0", "-1", "1001", "many", "1.5", "99999999999999999999"] {
        assert_eq!(
            paths(&[main, ("SQL_MAX_OPEN_CONNS", wrong)]),
            ["SQL_MAX_OPEN_CONNS"],
            "{wrong}"
        );
    }
    for wrong in ["-1", "1001", "x", "17"] {
        assert_eq!(
            paths(&[main, ("SQL_MAX_IDLE_CONNS", wrong)]),
            ["SQL_MAX_IDLE_CONNS"],
            "{wrong}"
        );
    }
    for wrong in ["0", "-60", "1m", "4294967296"] {
        assert_eq!(
            paths(&[main, ("SQL_MAX_LIFETIME", wrong)]),
            ["SQL_MAX_LIFETIME"],
            "{wrong}"
        );
    }
    // All at once.
    let all = [
        ("SQL_DSN", "u:secret@pipe(x)/d"),
        ("SQL_MAX_OPEN_CONNS", "0"),
        ("SQL_MAX_IDLE_CONNS", "-1"),
        ("SQL_MAX_LIFETIME", "0"),
    ];
    let expected = [
        "SQL_MAX_OPEN_CONNS",
        "SQL_MAX_IDLE_CONNS",
        "SQL_MAX_LIFETIME",
        "SQL_DSN",
    ];
    assert_eq!(paths(&all), expected);
    assert!(!variables(&all).unwrap_err().to_string().contains("secret"));
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_names_its_variable() {
    for (dsn, kind) in [
        ("oracle://u:secret@h/d", ErrorKind::Invalid),
        ("sqlite:/nowhere/secret/usage.db", ErrorKind::Unavailable),
    ] {
        for name in ["SQL_DSN", "LOG_SQL_DSN"] {
            let given = match name {
                "SQL_DSN" => vec![(name, dsn)],
                _ => vec![("SQL_DSN", "memory:"), (name, dsn)],
            };
            let config = variables(&given).unwrap();
            assert!(!format!("{config:?}").contains("secret"));
            let error = config.connect().await.unwrap_err();
            assert_eq!(error.kind(), kind);
            assert!(error.to_string().contains(name), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}

#[tokio::test]
async fn settings_of_code_have_ranges() {
    let database = || DatabaseConfig::new("memory:");
    for (config, path) in [
        (
            database().with_max_open_connections(0),
            "max_open_connections",
        ),
        (
            database().with_max_open_connections(1_001),
            "max_open_connections",
        ),
        (
            database().with_max_idle_connections(17),
            "max_idle_connections",
        ),
        (database().with_max_lifetime(Duration::ZERO), "max_lifetime"),
    ] {
        let error = DatabasesConfig::new(config).connect().await.unwrap_err();
        assert_eq!(error.violations()[0].path(), path);
    }
}

/// The logs are in their own database, which may be of the same kind or of another one.
async fn logs_are_in_their_own_database(main: TestDatabase) {
    let kinds = ["memory", "sqlite", "postgres", "mariadb", "mysql"];
    let compiled = |kind: &&&str| match **kind {
        "sqlite" => cfg!(feature = "sqlite"),
        "postgres" => cfg!(feature = "postgres"),
        "mariadb" | "mysql" => cfg!(feature = "mysql"),
        _ => true,
    };
    for kind in kinds.iter().filter(compiled) {
        if genledger_testkit::wanted(kind).is_err() {
            continue;
        }
        let logs = TestDatabase::on(kind).await;
        if logs.url == main.url {
            continue;
        }
        let given = [
            ("SQL_DSN", &*main.url),
            ("LOG_SQL_DSN", &*logs.url),
            ("SQL_MAX_OPEN_CONNS", "3"),
        ];
        let store = variables(&given).unwrap().connect().await.unwrap();
        store.migrate(genledger::schema::all()).await.unwrap();
        let ids = UsageLogIdGenerator::system(NodeId::ZERO);
        let log = NewUsageLog::new(UsageLogType::Consume, 42)
            .quota(900)
            .into_log(&ids)
            .unwrap();
        let verbs = UsageLogs::new(store.clone()).with_rollups();
        assert_eq!(
            verbs.append_many(std::slice::from_ref(&log)).await.unwrap(),
            [RowOutcome::New]
        );
        assert_eq!(verbs.find(log.id).await.unwrap().unwrap().log.quota, 900);
        store.close().await;
        if main.url != "memory:" {
            // The main database does not even have the table.
            let alone = genledger::connect(&main.url).await.unwrap();
            let missing = UsageLogs::new(alone.clone())
                .find(log.id)
                .await
                .unwrap_err();
            assert_eq!(missing.kind(), ErrorKind::Schema);
            alone.close().await;
        }
        if logs.url != "memory:" {
            let alone = genledger::connect(&logs.url).await.unwrap();
            assert!(
                UsageLogs::new(alone.clone())
                    .find(log.id)
                    .await
                    .unwrap()
                    .is_some()
            );
            alone.close().await;
        }
    }
}

/// A DSN of Go's driver leads to the same database as the URL.
async fn data_source_names_are_accepted(main: TestDatabase) {
    let Some((login, place)) = main
        .url
        .strip_prefix("mysql://")
        .and_then(|one| one.split_once('@'))
    else {
        return;
    };
    let (address, database) = place.split_once('/').unwrap();
    let database = database.split('?').next().unwrap();
    let dsn = format!("{login}@tcp({address})/{database}?charset=utf8mb4&parseTime=True&tls=false");
    let store = variables(&[("SQL_DSN", &*dsn)])
        .unwrap()
        .connect()
        .await
        .unwrap();
    store.migrate(&[genledger::schema::usage()]).await.unwrap();
    store.close().await;
    let store = genledger::connect(&main.url).await.unwrap();
    let tables = genledger::schema::usage().tables;
    assert_eq!(store.verify_schema(tables).await.unwrap(), []);
    store.close().await;
}

genledger_testkit::database_cases!(genledger_testkit::run_on_database; logs_are_in_their_own_database, data_source_names_are_accepted);
