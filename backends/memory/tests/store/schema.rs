//! Tables, unique keys, and programs that describe a table differently.

use genledger_contract::entity::Column;
use genledger_contract::{Entity, ErrorKind, Filter, MigrationSet, SessionExt, Store};
use genledger_memory::MemoryStore;

use crate::model::{Account, Note, TABLES, store};

/// The account as described by a program with some of its columns, in another order.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "accounts", key(region, id))]
struct PartialAccount {
    /// Narrower in the table.
    #[column(filter)]
    small: i64,
    /// The second part of the key.
    id: i64,
    /// The first part of the key.
    #[column(max_chars = 16)]
    region: String,
}

/// A note with a column that the table does not have.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "notes", key(id))]
struct SignedNote {
    /// The key.
    id: i64,
    /// A column that the table does not have.
    by: Option<i64>,
}

const PARTIAL_SMALL: Column<PartialAccount, i64> = PartialAccount::SMALL;

#[tokio::test]
async fn columns_are_found_by_name() {
    let store = store().await;
    let session = store.session();
    session.insert(&Account::new("eu", 1)).await.unwrap();
    session.insert(&Account::new("eu", 2)).await.unwrap();
    let changed = session
        .update_where(
            PARTIAL_SMALL.eq(0) & PartialAccount::REGION.eq("eu"),
            [PARTIAL_SMALL.plus(7)],
        )
        .await
        .unwrap();
    assert_eq!(changed, 2);
    let partial: PartialAccount = session.get(&("eu".to_owned(), 2)).await.unwrap();
    assert_eq!((partial.small, partial.id), (7, 2));
    // The other columns require a value.
    let error = session
        .insert(&PartialAccount { id: 3, ..partial })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.violations()[0].rule(), "required");
    assert!(
        session
            .delete::<PartialAccount>(&("eu".to_owned(), 2))
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn missing_tables_and_columns_are_schema_errors() {
    let empty = MemoryStore::new();
    let error = empty.session().find::<Note>(&1).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.table()),
        (ErrorKind::Schema, Some("notes"))
    );
    let store = store().await;
    let error = store.session().find::<SignedNote>(&1).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.column()),
        (ErrorKind::Schema, Some("by"))
    );
    let transaction = store.begin().await.unwrap();
    transaction
        .delete_where(Filter::<SignedNote>::all())
        .await
        .unwrap_err();
    let error = transaction.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Aborted);
}

#[tokio::test]
async fn migrations_report_what_they_did() {
    let store = MemoryStore::new();
    let report = store.migrate(&[TABLES]).await.unwrap();
    assert_eq!(report.applied, ["test/accounts", "test/notes"]);
    assert!(store.migrate(&[TABLES]).await.unwrap().applied.is_empty());
    let other = MigrationSet::of("other", &[SignedNote::TABLE]);
    let error = store.migrate(&[other]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    let differences = store
        .verify_schema(&[Account::TABLE, SignedNote::TABLE])
        .await
        .unwrap();
    let items: Vec<&str> = differences.iter().map(|one| one.item.as_str()).collect();
    assert_eq!(items, ["by", "text"]);
}

#[tokio::test]
async fn unique_keys_hold_at_the_end_of_a_statement() {
    let store = store().await;
    let session = store.session();
    let live = Account::new("eu", 1).named("ann");
    let gone = Account {
        deleted: true,
        ..Account::new("eu", 2).named("ann")
    };
    session.insert_many(&[live.clone(), gone]).await.unwrap();
    let error = session
        .update_where(Account::ID.eq(2), [Account::DELETED.set(false)])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    session
        .update_where(Filter::<Account>::all(), [Account::DELETED.set(true)])
        .await
        .unwrap();
    session
        .update_where(Account::ID.eq(2), [Account::DELETED.set(false)])
        .await
        .unwrap();
    let error = session
        .update_where(Account::ID.eq(1), [Account::DELETED.set(false)])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);

    for (id, badge) in [(1, 10), (2, 11)] {
        session
            .update_where(Account::ID.eq(id), [Account::BADGE.set(badge)])
            .await
            .unwrap();
    }
    // 10 and 11 become 11 and 12.
    session
        .update_where(Filter::<Account>::all(), [Account::BADGE.plus(1)])
        .await
        .unwrap();
    let error = session
        .update_where(Filter::<Account>::all(), [Account::BADGE.set(5)])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    // A deleted row frees its values.
    session
        .delete::<Account>(&("eu".to_owned(), 1))
        .await
        .unwrap();
    session
        .update_where(Account::ID.eq(2), [Account::BADGE.set(11)])
        .await
        .unwrap();
}
