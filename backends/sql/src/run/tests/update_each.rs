//! The statements of many updates.

use genledger_contract::backend::Outcome;
use genledger_contract::row::Value;
use genledger_contract::statement::{
    Action, Assignment, KeyedUpdate, Predicate, Statement, UpdateEach, UpdatedRows,
};
use genledger_contract::{Entity, ErrorKind, Result};

use super::{FakeConnection, Thing, now, on};
use crate::dialect::{Dialect, MYSQL, MYSQL_UNLOCKED, POSTGRES, POSTGRES_UNLOCKED, SQLITE};
use crate::executor::Scope;

const NAME: usize = 1;
const TOKEN: usize = 2;

fn set(id: i64, column: usize, value: &str) -> KeyedUpdate {
    KeyedUpdate {
        key: vec![Value::I64(id)],
        guard: Predicate::IsNull { column: TOKEN },
        assignments: vec![Assignment {
            column,
            action: Action::Set(Value::Text(value.to_owned())),
        }],
    }
}

fn run(
    fake: &mut FakeConnection,
    dialect: &'static Dialect,
    scope: Scope,
    updates: Vec<KeyedUpdate>,
) -> Result<UpdatedRows> {
    let each = UpdateEach {
        table: Thing::TABLE,
        updates,
        returning: false,
    };
    let executed = now(crate::run::execute(
        on(fake, scope, dialect),
        &Statement::UpdateEach(each),
    ));
    executed.and_then(Outcome::into_result)?.updated()
}

/// The first words of the statements.
fn statements(fake: &FakeConnection) -> Vec<String> {
    let words = |sql: &String| {
        let words: Vec<&str> = sql.split(' ').collect();
        match words[..] {
            [count, "rows:", ..] => format!("{count} rows"),
            [first, ..] => first.to_owned(),
            [] => String::new(),
        }
    };
    fake.statements.iter().map(words).collect()
}

fn sent(dialect: &'static Dialect, scope: Scope, updates: Vec<KeyedUpdate>) -> Vec<String> {
    let mut fake = FakeConnection {
        rows: vec![super::row()],
        ..FakeConnection::default()
    };
    run(&mut fake, dialect, scope, updates).unwrap();
    statements(&fake)
}

fn tokens(ids: impl IntoIterator<Item = i64>) -> Vec<KeyedUpdate> {
    ids.into_iter()
        .map(|id| set(id, TOKEN, &format!("token {id}")))
        .collect()
}

#[test]
fn updates_that_are_alike_share_a_statement() {
    for dialect in [&POSTGRES, &POSTGRES_UNLOCKED] {
        assert_eq!(sent(dialect, Scope::Autocommit, tokens(1..=9)), ["9 rows"]);
        assert_eq!(sent(dialect, Scope::Transaction, tokens(1..=9)), ["9 rows"]);
    }
    let mysql = sent(&MYSQL, Scope::Autocommit, tokens(1..=9));
    assert_eq!(mysql, ["BEGIN", "SELECT", "UPDATE", "COMMIT"]);
    assert_eq!(
        sent(&MYSQL, Scope::Transaction, tokens(1..=2)),
        ["UPDATE"; 2]
    );
    // Without locks, rows may change between two statements; without round trips, sharing is not faster.
    for dialect in [&MYSQL_UNLOCKED, &SQLITE] {
        assert_eq!(
            sent(dialect, Scope::Transaction, tokens(1..=9)),
            ["UPDATE"; 9]
        );
    }
}

#[test]
fn statements_hold_only_so_many_updates() {
    let sent = |dialect, count| sent(dialect, Scope::Transaction, tokens(1..=count));
    assert_eq!(sent(&POSTGRES, 2_001), ["1000 rows", "1000 rows", "UPDATE"]);
    let mut fake = FakeConnection::default();
    run(&mut fake, &MYSQL, Scope::Transaction, tokens(1..=300)).unwrap();
    assert_eq!(statements(&fake), ["SELECT"; 3]);
    let places = |sql: &String| sql.matches('?').count();
    let places: Vec<usize> = fake.statements.iter().map(places).collect();
    assert_eq!(places, [128, 128, 64]);
}

/// An eighth of a packet is 2 MiB.
#[test]
fn statements_fit_into_a_message() {
    let sent = |dialect, count, bytes| {
        let long = "t".repeat(bytes);
        let updates = (1..=count).map(|id| set(id, TOKEN, &long)).collect();
        sent(dialect, Scope::Transaction, updates)
    };
    assert_eq!(sent(&MYSQL, 9, 1 << 20), ["UPDATE"; 9]);
    let postgres = sent(&POSTGRES, 45, 100 << 10);
    assert_eq!(postgres, ["20 rows", "20 rows", "5 rows"]);
}

/// A thing whose name is unique among those that are not deleted.
#[derive(Clone, Debug, Entity)]
#[entity(
    crate = genledger_contract,
    table = "live_things",
    key(id),
    unique(live, columns(name)),
    soft_delete = deleted
)]
struct LiveThing {
    /// Its number.
    id: i64,
    /// Its name.
    #[column(max_chars = 10)]
    name: String,
    /// How often it was read.
    hits: i64,
    /// Whether it is deleted.
    deleted: bool,
}

#[test]
fn rows_that_are_deleted_or_restored_are_updated_alone() {
    let sent = |column, value: Value| {
        let update = |id| KeyedUpdate {
            key: vec![Value::I64(id)],
            guard: Predicate::True,
            assignments: vec![Assignment {
                column,
                action: Action::Set(value.clone()),
            }],
        };
        let each = UpdateEach {
            table: LiveThing::TABLE,
            updates: (1..=3).map(update).collect(),
            returning: false,
        };
        let mut fake = FakeConnection::default();
        let on = on(&mut fake, Scope::Transaction, &POSTGRES);
        let executed = now(crate::run::execute(on, &Statement::UpdateEach(each)));
        executed.and_then(Outcome::into_result).unwrap();
        statements(&fake)
    };
    assert_eq!(sent(2, Value::I64(1)), ["3 rows"]);
    // Their names are taken or free from then on.
    assert_eq!(sent(3, Value::Bool(true)), ["UPDATE"; 3]);
}

#[test]
fn updates_whose_order_matters_are_sent_alone() {
    let sent = |updates| sent(&POSTGRES, Scope::Transaction, updates);
    // The same key again.
    let again = tokens([1, 2, 3, 2, 1]);
    assert_eq!(sent(again), ["3 rows", "2 rows"]);
    // A unique key changes.
    let names = (1..=3).map(|id| set(id, NAME, "name")).collect();
    assert_eq!(sent(names), ["UPDATE"; 3]);
    // Another shape in between.
    let mut mixed = tokens(1..=4);
    mixed.insert(2, set(9, NAME, "name"));
    assert_eq!(sent(mixed), ["2 rows", "UPDATE", "2 rows"]);
    let mut guards = tokens(1..=4);
    guards[3].guard = Predicate::True;
    assert_eq!(sent(guards), ["3 rows", "UPDATE"]);
}

/// A server that ignores locks updates fewer rows than were found, and it is unknown which.
#[test]
fn rows_that_change_in_spite_of_their_locks_are_an_error() {
    let found = |id: i64| vec![Value::I64(id), Value::Null, Value::Null];
    let mut fake = FakeConnection {
        rows: vec![found(1), found(2)],
        ..FakeConnection::default()
    };
    let answer = run(&mut fake, &MYSQL, Scope::Autocommit, tokens(1..=3));
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::SerializationFailure);
    assert_eq!(statements(&fake), ["BEGIN", "SELECT", "UPDATE", "ROLLBACK"]);
}

/// If the database compares keys differently from the library, updates do not share statements.
#[test]
fn rows_of_other_keys_are_updated_one_by_one() {
    let found = |id: i64| vec![Value::I64(id), Value::Null, Value::Null];
    for rows in [vec![found(1), found(7)], vec![found(1), found(1)]] {
        let mut fake = FakeConnection {
            rows,
            ..FakeConnection::default()
        };
        let answer = run(&mut fake, &MYSQL, Scope::Transaction, tokens(1..=3));
        assert_eq!(answer.unwrap().matched, [true; 3]);
        assert_eq!(statements(&fake), ["SELECT", "UPDATE", "UPDATE", "UPDATE"]);
    }
}
