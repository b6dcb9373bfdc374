//! Tables that an application created, with names and types of its own.

use genledger_contract::schema::{Layout, Severity};
use genledger_contract::{Entity, ErrorKind, Filter, MigrationSet, SessionExt, Store};
use genledger_sqlite::{SqliteConfig, SqliteStore};
use uuid::Uuid;

use super::notes::kind;

/// A file.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "files", key(id))]
struct File {
    /// Its key.
    id: Uuid,
    /// Its name.
    #[column(max_chars = 40)]
    name: String,
    /// Its size.
    size: i64,
    /// Whether it was deleted.
    gone: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_an_application() {
    let plain = SqliteStore::connect(SqliteConfig::memory()).await.unwrap();
    let created = plain.with_connection(|connection| {
        connection.execute_batch(
            "CREATE TABLE UploadedFiles (id CHAR(36) NOT NULL PRIMARY KEY, \
             name VARCHAR(40) NOT NULL, size BIGINT NOT NULL, gone BOOLEAN NOT NULL)",
        )
    });
    created.await.unwrap();
    let layout = Layout::new()
        .table::<File>("UploadedFiles")
        .column(File::ID, "CHAR(36)")
        .column(File::NAME, "VARCHAR(40)")
        .column(File::SIZE, "BIGINT")
        .column(File::GONE, "BOOLEAN");
    let store = plain.clone().with_layout(&layout).unwrap();
    let differences = store.verify_schema(&[File::TABLE]).await.unwrap();
    let breaks = |severity| differences.iter().any(|one| one.severity == severity);
    // Such a table has no CHECK, and is not STRICT.
    assert!(breaks(Severity::Differs), "{differences:?}");

    let session = store.session();
    let file = File {
        id: Uuid::from_u128(7),
        name: "a".to_owned(),
        size: 5,
        gone: true,
    };
    session.insert(&file).await.unwrap();
    let again = session.insert(&file).await.unwrap_err();
    assert_eq!(
        (again.kind(), again.table()),
        (ErrorKind::UniqueViolation, Some("files"))
    );
    let grown = session.update_returning(&file.id, Filter::all(), [File::SIZE.plus(1)]);
    assert_eq!(
        grown.await.unwrap(),
        Some(File {
            size: 6,
            ..file.clone()
        })
    );
    assert_eq!(
        kind(plain.session().find::<File>(&file.id).await),
        ErrorKind::Schema
    );

    for refused in ["DATETIME", "REAL", "DECIMAL(10, 2)"] {
        let layout = layout.clone().column(File::SIZE, refused);
        let error = plain.clone().with_layout(&layout).unwrap_err();
        assert_eq!(
            (error.kind(), error.column()),
            (ErrorKind::Schema, Some("size"))
        );
    }
    let schema = layout.schema::<File>("main");
    assert_eq!(kind(plain.with_layout(&schema)), ErrorKind::Unsupported);
}

/// A row with a type that the library cannot use.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "ratings", key(id))]
struct Rating {
    /// Its key.
    id: i64,
    /// The number of stars.
    #[column(sql_type(sqlite = "REAL"))]
    stars: i64,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_of_an_entity_is_checked_by_its_first_statement() {
    let plain = SqliteStore::connect(SqliteConfig::memory()).await.unwrap();
    let set = [MigrationSet::of("ratings", &[Rating::TABLE])];
    let rating = Rating { id: 1, stars: 5 };
    for error in [
        plain.session().insert(&rating).await.unwrap_err(),
        plain.session().find::<Rating>(&1).await.unwrap_err(),
        plain.migrate(&set).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Schema, "{error:?}");
        assert!(error.to_string().contains("REAL"), "{error}");
    }
    // A layout overrides it.
    let layout = Layout::new().column(Rating::STARS, "INTEGER");
    let store = plain.with_layout(&layout).unwrap();
    store.migrate(&set).await.unwrap();
    store.session().insert(&rating).await.unwrap();
    assert_eq!(store.session().find(&1).await.unwrap(), Some(rating));
}
