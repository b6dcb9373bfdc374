//! Primary keys, unique keys, indexes and marks of the table.

use genledger_contract::Entity;
use genledger_contract::entity::{Column, Filterable, Unindexed};
use genledger_contract::table::{IndexColumn, IndexDef, UniqueDef};

/// A session on a site.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "sessions", key(owner, number))]
#[entity(
    unique(name = "uk_session_site", columns(token, type), live),
    unique(slug)
)]
#[entity(unique(live, columns(number, slug)), soft_delete = is_deleted, append_only)]
#[entity(index(created_at desc, number asc), index(name = "ix_own", columns(priority desc, owner)))]
pub(crate) struct Session {
    number: i32,
    #[column(max_chars = 32)]
    owner: String,
    #[column(max_chars = 32)]
    token: String,
    r#type: i16,
    #[column(max_chars = 32)]
    slug: Option<String>,
    created_at: i64,
    priority: i32,
    is_deleted: bool,
    note: String,
}

fn session() -> Session {
    Session {
        number: 2,
        owner: "o".to_owned(),
        token: "s".to_owned(),
        r#type: 1,
        slug: None,
        created_at: 5,
        priority: 0,
        is_deleted: false,
        note: String::new(),
    }
}

#[test]
fn a_composite_key_is_a_tuple_in_key_order() {
    let key: (String, i32) = session().key();
    assert_eq!(key, ("o".to_owned(), 2));
    assert_eq!(Session::TABLE.primary_key, ["owner", "number"]);
    assert_eq!(Session::TABLE.key_positions(), [1, 0]);
}

#[test]
fn keys_and_indexes_have_names_and_directions() {
    let unique = [
        UniqueDef {
            name: "uk_session_site",
            columns: &["token", "type"],
            live_only: true,
        },
        UniqueDef {
            name: "uk_sessions_slug",
            columns: &["slug"],
            live_only: false,
        },
        UniqueDef {
            name: "uk_sessions_number_slug",
            columns: &["number", "slug"],
            live_only: true,
        },
    ];
    assert_eq!(Session::TABLE.unique, unique);
    let column = |name, descending| IndexColumn { name, descending };
    let (newest, own) = (
        [column("created_at", true), column("number", false)],
        [column("priority", true), column("owner", false)],
    );
    let indexes = Session::TABLE.indexes;
    assert_eq!(indexes.len(), 2);
    assert_eq!(indexes[0].name, "ix_sessions_created_at_number");
    assert_eq!(indexes[0].columns, newest);
    assert_eq!(indexes[1].name, "ix_own");
    assert_eq!(indexes[1].columns, own);
    let _: &[IndexDef] = indexes;
}

#[test]
fn the_table_knows_its_marks() {
    assert_eq!(Session::TABLE.soft_delete, Some("is_deleted"));
    assert!(Session::TABLE.append_only);
}

#[test]
fn what_leads_an_index_or_a_key_can_be_filtered() {
    let _: Column<Session, String, Filterable> = Session::OWNER;
    let _: Column<Session, i32, Filterable> = Session::NUMBER;
    let _: Column<Session, String, Filterable> = Session::TOKEN;
    let _: Column<Session, Option<String>, Filterable> = Session::SLUG;
    let _: Column<Session, i64, Filterable> = Session::CREATED_AT;
    let _: Column<Session, i32, Filterable> = Session::PRIORITY;
    let _: Column<Session, i16, Unindexed> = Session::TYPE;
    let _: Column<Session, bool, Unindexed> = Session::IS_DELETED;
    let _: Column<Session, String, Unindexed> = Session::NOTE;
}
