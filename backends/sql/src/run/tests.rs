//! The statements that are sent, and the outcomes, on a fake connection.

mod update_each;

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Waking, Poll, Waker};

use async_trait::async_trait;
use genledger_contract::backend::{Events, Outcome};
use genledger_contract::row::{RowBatch, Rows, Value};
use genledger_contract::schema::Script;
use genledger_contract::statement::{Claim, Duplicates, Insert, Predicate, Select, Statement};
use genledger_contract::table::{ColumnDef, TableDef};
use genledger_contract::{Entity, Error, ErrorKind, MigrationSet, Result, RowOutcome};

use crate::connection::{Connection, Param, Visit};
use crate::dialect::{Dialect, Family, Limits, MYSQL, MYSQL_UNLOCKED, POSTGRES, POSTGRES_UNLOCKED};
use crate::executor::{Context, Executor, Scope, Work, WorkOnce};
use crate::hints::Hints;
use crate::introspected::IntrospectedTable;
use crate::schema::SchemaDriver;
use crate::work::StatementSettings;

/// A thing that can be claimed and has a second unique key.
#[derive(Clone, Debug, Entity)]
#[entity(crate = genledger_contract, table = "things", key(id), unique(name))]
struct Thing {
    /// Its number.
    id: i64,
    /// Its name.
    #[column(max_chars = 10)]
    name: String,
    /// The owner of the claim.
    #[column(max_chars = 10)]
    token: Option<String>,
}

/// A fake connection that records its statements.
#[derive(Debug, Default)]
struct FakeConnection {
    statements: Vec<String>,
    /// The number of inserts that conflict.
    conflicts: u32,
    /// The rows of every query.
    rows: Vec<Vec<Value>>,
    /// Whether queries fail after their rows.
    fails: bool,
}

impl FakeConnection {
    fn inserted(&mut self) -> Result<u64> {
        match self.conflicts.checked_sub(1) {
            Some(left) => {
                self.conflicts = left;
                Err(Error::new(ErrorKind::UniqueViolation, "a key is taken"))
            }
            None => Ok(1),
        }
    }
}

#[async_trait]
impl Connection for FakeConnection {
    fn limits(&self) -> Limits {
        Limits::of(Family::MySql)
    }

    async fn execute(&mut self, sql: &Arc<str>, _: &[Param<'_>]) -> Result<u64> {
        self.statements.push(sql.to_string());
        if sql.starts_with("INSERT") {
            self.inserted()
        } else {
            Ok(1)
        }
    }

    async fn query(
        &mut self,
        sql: &Arc<str>,
        _: &[Param<'_>],
        columns: &[ColumnDef],
        visit: Visit<'_>,
    ) -> Result<()> {
        self.statements.push(sql.to_string());
        // Rows have all columns. A query reads the first ones; a claim also reads the order of each row.
        let table = TableDef {
            columns: columns.to_vec().leak(),
            ..*Thing::TABLE
        };
        let mut rows = Rows::new(Box::leak(Box::new(table)));
        let place = Value::I64(0);
        for values in &self.rows {
            let values = values.iter().chain(std::iter::repeat(&place));
            rows.push_values(values.take(columns.len()).map(Value::as_ref))?;
        }
        for row in rows.iter().filter(|_| !columns.is_empty()) {
            visit(&row)?;
        }
        if self.fails {
            return Err(Error::new(ErrorKind::Timeout, "took too long"));
        }
        Ok(())
    }

    async fn query_arrays(
        &mut self,
        sql: &Arc<str>,
        rows: &[Vec<Param<'_>>],
        _: &[ColumnDef],
        _: Visit<'_>,
    ) -> Result<()> {
        self.statements.push(format!("{} rows: {sql}", rows.len()));
        Ok(())
    }

    async fn insert_rows(&mut self, sql: &Arc<str>, _: &RowBatch, _: &[usize]) -> Result<u64> {
        self.statements.push(sql.to_string());
        self.inserted()
    }

    async fn run_script(&mut self, sql: &str) -> Result<()> {
        self.statements.push(sql.to_owned());
        Ok(())
    }
}

/// The output of a future that does not wait.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Waking::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("a future waits for something"),
    }
}

fn on<'c>(fake: &'c mut FakeConnection, scope: Scope, dialect: &'static Dialect) -> Context<'c> {
    Context {
        connection: fake,
        scope,
        dialect,
    }
}

fn row() -> Vec<Value> {
    vec![Value::I64(1), Value::Text("one".to_owned()), Value::Null]
}

fn insert_one(fake: &mut FakeConnection, dialect: &'static Dialect) -> Result<Vec<RowOutcome>> {
    let thing = Thing {
        id: 1,
        name: "one".to_owned(),
        token: None,
    };
    let insert = Insert {
        rows: Arc::new(RowBatch::of(&[thing])?),
        duplicates: Duplicates::Keep,
    };
    let on = on(fake, Scope::Autocommit, dialect);
    let executed = now(super::execute(on, &Statement::Insert(insert)));
    executed.and_then(Outcome::into_result)?.inserted()
}

#[test]
fn an_error_of_the_database_is_not_taken_for_one_of_the_visitor() {
    for (fails, expected) in [(true, ErrorKind::Timeout), (false, ErrorKind::Corrupt)] {
        let mut fake = FakeConnection {
            rows: vec![row(), row()],
            fails,
            ..FakeConnection::default()
        };
        let select = Select::all_columns(Thing::TABLE, Predicate::True);
        let outcome = now(super::select(
            on(&mut fake, Scope::Transaction, &POSTGRES),
            &select,
            Box::new(|_| Err(Error::corrupt("no such row"))),
        ));
        // Only errors of the database taint the transaction.
        assert_eq!(outcome.is_err(), fails);
        let error = outcome.and_then(Outcome::into_result).unwrap_err();
        assert_eq!(error.kind(), expected);
    }
}

#[test]
fn a_statement_has_no_more_values_than_the_server_accepts() {
    for (count, accepted) in [(32_768, true), (70_000, false)] {
        let values = (0..count).map(Value::I64).collect();
        let select = Select::all_columns(Thing::TABLE, Predicate::In { column: 0, values });
        let mut fake = FakeConnection::default();
        let outcome = now(super::select(
            on(&mut fake, Scope::Autocommit, &MYSQL),
            &select,
            Box::new(|_| Ok(())),
        ));
        let error = outcome.and_then(Outcome::into_result).err();
        assert_eq!(error.is_none(), accepted, "{error:?}");
        assert!(error.is_none_or(|error| error.code() == Some("too_many_values")));
    }
}

#[test]
fn a_row_that_was_deleted_in_between_is_inserted() {
    for dialect in [&POSTGRES, &MYSQL] {
        // A conflict, and then no row is found.
        let mut fake = FakeConnection {
            conflicts: 1,
            ..FakeConnection::default()
        };
        let outcomes = insert_one(&mut fake, dialect);
        assert_eq!(outcomes.unwrap(), [RowOutcome::New]);
        // Repeated conflicts are of the other unique key.
        fake.conflicts = 100;
        let error = insert_one(&mut fake, dialect).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        assert!(fake.conflicts >= 97, "{}", fake.conflicts);
    }
}

/// A thing with one key.
#[derive(Clone, Debug, Entity)]
#[entity(crate = genledger_contract, table = "plain_things", key(id))]
struct PlainThing {
    /// Its number.
    id: i64,
}

/// In a transaction, one row that is kept if it is present costs one round trip while it is new.
#[test]
fn one_new_row_of_a_transaction_is_one_statement() {
    for dialect in [&POSTGRES, &MYSQL] {
        let mut fake = FakeConnection::default();
        let insert = Insert {
            rows: Arc::new(RowBatch::of(&[PlainThing { id: 1 }]).unwrap()),
            duplicates: Duplicates::Keep,
        };
        let on = on(&mut fake, Scope::Transaction, dialect);
        let executed = now(super::execute(on, &Statement::Insert(insert)));
        let outcomes = executed.and_then(Outcome::into_result).unwrap().inserted();
        assert_eq!(outcomes.unwrap(), [RowOutcome::New]);
        assert_eq!(fake.statements.len(), 1, "{:?}", fake.statements);
    }
}

fn insert_plain(fake: &mut FakeConnection, scope: Scope, rows: i64) -> Result<Vec<RowOutcome>> {
    let rows: Vec<PlainThing> = (0..rows).map(|id| PlainThing { id }).collect();
    let insert = Insert {
        rows: Arc::new(RowBatch::of(&rows)?),
        duplicates: Duplicates::Keep,
    };
    let executed = now(super::execute(
        on(fake, scope, &POSTGRES),
        &Statement::Insert(insert),
    ));
    executed.and_then(Outcome::into_result)?.inserted()
}

fn first_words(statements: &[String]) -> Vec<&str> {
    statements
        .iter()
        .filter_map(|sql| sql.split(' ').next())
        .collect()
}

/// Chunks of a batch share one savepoint, or need none, while every row is new.
#[test]
fn new_rows_of_several_chunks_need_one_savepoint() {
    let mut fake = FakeConnection::default();
    let outcomes = insert_plain(&mut fake, Scope::Autocommit, 2_500).unwrap();
    assert_eq!(outcomes, [RowOutcome::New; 2_500]);
    let expected = ["BEGIN", "INSERT", "INSERT", "INSERT", "COMMIT"];
    assert_eq!(first_words(&fake.statements), expected);
    let mut fake = FakeConnection::default();
    insert_plain(&mut fake, Scope::Transaction, 2_500).unwrap();
    let expected = ["SAVEPOINT", "INSERT", "INSERT", "INSERT", "RELEASE"];
    assert_eq!(first_words(&fake.statements), expected);
}

/// A conflict rolls back everything, and then every chunk has its savepoint.
#[test]
fn a_conflict_in_several_chunks_begins_again() {
    const FIRST: [(Scope, &[&str]); 2] = [
        (Scope::Autocommit, &["BEGIN", "INSERT", "ROLLBACK", "BEGIN"]),
        (
            Scope::Transaction,
            &["SAVEPOINT", "INSERT", "ROLLBACK", "RELEASE"],
        ),
    ];
    for (scope, first) in FIRST {
        let mut fake = FakeConnection {
            conflicts: 1,
            rows: vec![vec![Value::I64(0)]],
            ..FakeConnection::default()
        };
        let outcomes = insert_plain(&mut fake, scope, 1_500).unwrap();
        assert_eq!(outcomes[0], RowOutcome::Present);
        assert!(outcomes[1..].iter().all(|row| *row == RowOutcome::New));
        let words = first_words(&fake.statements);
        let (before, after) = words.split_at(first.len());
        assert_eq!(before, first);
        // The chunk with the conflict is not retried before its keys are read.
        let chunk = ["SAVEPOINT", "INSERT", "RELEASE"];
        let mut expected = vec!["SELECT"];
        expected.extend([chunk, chunk].as_flattened());
        expected.extend((scope == Scope::Autocommit).then_some("COMMIT"));
        assert_eq!(after, expected);
    }
}

/// A pool of one connection.
#[derive(Debug)]
struct Players(Mutex<FakeConnection>, &'static Dialect);

#[async_trait]
impl Executor for Players {
    fn dialect(&self) -> &'static Dialect {
        self.1
    }

    async fn read<T: Send + 'static>(&self, _: Hints, work: WorkOnce<T>) -> Result<T> {
        self.run_unlimited(work).await
    }

    async fn write<T: Send + 'static>(&self, _: Hints, work: Work<T>) -> Result<T> {
        self.run_unlimited(work).await
    }

    async fn run_unlimited<T: Send + 'static>(&self, work: WorkOnce<T>) -> Result<T> {
        let mut fake = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let answer = work(on(&mut fake, Scope::Autocommit, self.1)).await;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fake;
        answer
    }
}

/// A driver that finds no tables.
#[derive(Debug)]
struct Blind;

#[async_trait]
impl SchemaDriver for Blind {
    async fn introspect(
        &self,
        _: &mut dyn Connection,
        _: &TableDef,
    ) -> Result<Option<IntrospectedTable>> {
        Ok(None)
    }
}

fn claim_one(fake: &mut FakeConnection, dialect: &'static Dialect) {
    let claim = Claim {
        table: Thing::TABLE,
        filter: Predicate::IsNull { column: 2 },
        order: Vec::new(),
        limit: 1,
        assignments: Vec::new(),
        token_column: 2,
        token: Value::Text("me".to_owned()),
    };
    let context = on(fake, Scope::Autocommit, dialect);
    drop(now(super::execute(context, &Statement::Claim(claim))).unwrap());
}

/// Without locks, a candidate may be claimed by another session between its being found and the update. So
/// the rows that are returned are those with the token.
#[test]
fn a_claim_returns_the_rows_with_its_token() {
    for dialect in [&MYSQL_UNLOCKED, &MYSQL] {
        let mut fake = FakeConnection {
            rows: vec![row()],
            ..FakeConnection::default()
        };
        claim_one(&mut fake, dialect);
        let mut latest = fake.statements.iter().rev();
        let returned = latest.find(|sql| sql.starts_with("SELECT")).unwrap();
        let (_, conditions) = returned.split_once(" WHERE ").unwrap();
        assert!(conditions.contains("token"), "{:?}", fake.statements);
    }
}

/// All statements of an insert that finds a row, a claim and a migration.
fn statements(dialect: &'static Dialect) -> String {
    let mut fake = FakeConnection {
        conflicts: 1,
        rows: vec![row()],
        ..FakeConnection::default()
    };
    let outcomes = insert_one(&mut fake, dialect).unwrap();
    assert_eq!(outcomes, [RowOutcome::Present]);
    claim_one(&mut fake, dialect);

    fake.rows.clear();
    let players = Arc::new(Players(Mutex::new(fake), dialect));
    let scripts =
        ["postgres", "mysql"].map(|dialect| Script::new(dialect, 1, "nothing", "SELECT 1"));
    let set = MigrationSet::of("set", &[Thing::TABLE]).with_scripts(Box::leak(Box::new(scripts)));
    // The created tables are not found afterwards.
    let error = now(crate::migrate::run(
        &players,
        StatementSettings {
            dialect: players.dialect(),
            events: Events::new("test"),
        },
        &Blind,
        &[set],
    ))
    .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema, "{error}");
    let players = Arc::into_inner(players).unwrap();
    let fake = players
        .0
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    fake.statements.join("\n").to_uppercase()
}

#[test]
fn nothing_is_locked_without_locks() {
    const LOCKS: [&str; 6] = [
        "FOR UPDATE",
        "FOR SHARE",
        "SHARE MODE",
        "SKIP LOCKED",
        "PG_ADVISORY",
        "GET_LOCK",
    ];
    for dialect in [&POSTGRES_UNLOCKED, &MYSQL_UNLOCKED] {
        let statements = statements(dialect);
        assert!(
            statements.contains("INSERT") && statements.contains("UPDATE"),
            "{statements}"
        );
        for lock in LOCKS {
            assert!(!statements.contains(lock), "{lock} in {statements}");
        }
    }
    for dialect in [&POSTGRES, &MYSQL] {
        assert!(statements(dialect).contains("FOR UPDATE SKIP LOCKED"));
    }
}
