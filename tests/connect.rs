//! From a URL to a store: what is refused, and that no message repeats a password.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use genledger::contract::Store;
use genledger::{Error, ErrorKind, connect};

const PASSWORD: &str = "hunter2";

async fn refused(url: &str) -> Error {
    let error = connect(url).await.unwrap_err();
    for text in [error.to_string(), format!("{error:?}"), chain(&error)] {
        assert!(!text.contains(PASSWORD), "{url}: {text}");
    }
    error
}

/// Everything that a program would print about an error.
fn chain(error: &Error) -> String {
    let mut text = String::new();
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        text.push_str(&error.to_string());
        text.push('\n');
        next = error.source();
    }
    text
}

#[tokio::test]
async fn a_url_without_a_store_is_invalid() {
    for url in [
        "",
        "memory",
        "usage.db",
        "oracle://app:hunter2@host/db",
        ":memory:",
        "http://hunter2@host/",
        "memory:hunter2",
        "memory://host/hunter2",
    ] {
        let error = refused(url).await;
        assert_eq!(error.kind(), ErrorKind::Invalid, "{url}: {error}");
        assert_eq!(error.violations()[0].path(), "url", "{url}");
    }
}

#[tokio::test]
async fn memory_is_always_there_and_always_new() {
    for url in ["memory:", "memory://", "MEMORY:"] {
        let store = connect(url).await.unwrap();
        assert_eq!(store.capability().dialect, "memory");
        let report = store.migrate(genledger::schema::all()).await;
        assert!(report.is_ok());
    }
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn sqlite_opens_files_and_private_databases() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b#c.db");
    let path = path.display().to_string();
    let escaped = path.replace(' ', "%20").replace('#', "%23");
    for url in [
        "sqlite::memory:",
        &format!("sqlite:{escaped}"),
        &format!("sqlite://{escaped}"),
    ] {
        let store = connect(url).await.unwrap();
        assert_eq!(store.capability().dialect, "sqlite", "{url}");
        store.close().await;
    }
    assert!(std::path::Path::new(&path).exists());
    let error = refused("sqlite:/nowhere/at/all.db").await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn settings_of_sqlite_have_ranges() {
    for (setting, path) in [
        ("readers=0", "readers"),
        ("readers=18446744073709551615", "readers"),
        ("busy_timeout=9999999999", "busy_timeout"),
        ("page_size=1000", "page_size"),
        ("cache_kib=4294967295", "cache_kib"),
        ("wal_autocheckpoint=4294967295", "wal_autocheckpoint"),
        ("readers=-1", "url"),
    ] {
        let error = refused(&format!("sqlite::memory:?{setting}")).await;
        assert_eq!(error.kind(), ErrorKind::Invalid, "{setting}: {error}");
        assert_eq!(error.violations()[0].path(), path, "{setting}");
    }
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_is_tried_at_once() {
    for scheme in ["postgres", "postgresql", "PostgreSQL"] {
        let error = refused(&format!("{scheme}://app:hunter2@127.0.0.1:1/db")).await;
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        let error = refused(&format!("{scheme}://app:hunter2@127.0.0.1:port/db")).await;
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
    }
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn mysql_and_mariadb_are_tried_at_once() {
    for scheme in ["mysql", "mariadb"] {
        let error = refused(&format!("{scheme}://app:hunter2@127.0.0.1:1/db")).await;
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        let error = refused(&format!("{scheme}://app:hunter2@127.0.0.1:port/db")).await;
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
    }
}

/// The error of a build without the feature of a database. `cargo xtask ci` and
/// `cargo xtask test --only sqlite` create such builds, `--all-features` never does.
#[cfg(not(all(feature = "postgres", feature = "mysql")))]
#[tokio::test]
async fn a_feature_that_is_off_is_named() {
    let off = [
        ("postgres", cfg!(feature = "postgres")),
        ("mysql", cfg!(feature = "mysql")),
    ];
    for (feature, _) in off.into_iter().filter(|(_, on)| !on) {
        let error = refused(&format!("{feature}://app:hunter2@host/db")).await;
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains(&format!("`{feature}`")), "{error}");
    }
}
