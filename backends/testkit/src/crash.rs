//! Kills a server with SIGKILL while it writes, repeatedly, and checks what is stored afterwards: no
//! acknowledged write is lost, none is stored twice or in part, and none that was reported as rolled back
//! is stored.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use genledger_conformance::{Applicable, NotApplicable};
use genledger_contract::query::AggregateQuery;
use genledger_contract::schema::Script;
use genledger_contract::table::TableDef;
use genledger_contract::{
    Entity, ErrorKind, Filter, MigrationSet, Result, SessionExt, Store, StoreExt,
};
use genledger_sql::Dialect;
use tokio::time::{sleep, timeout};

use crate::{Reusable, Settings, TestDatabase, TestServer, is_applicable};

const ROUNDS: usize = 3;
const WRITERS: i64 = 4;
/// The time for which the writers write before each kill, and after the last restart.
const WRITING: Duration = Duration::from_millis(400);
/// Rows of a batch.
const ROWS: i64 = 20;
const PURSES: i64 = 4;
const COPIES: i64 = 60;
/// The number of tables that a migration has created when the server is killed.
const CREATED: [usize; 2] = [4, 20];
/// The duration of the lease of a migration, which is not released if the migration is interrupted.
const LEASE: Duration = Duration::from_secs(10);

/// A purse.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "purses", key(id))]
struct Purse {
    /// Its number.
    id: i64,
    /// Its balance.
    #[column(filter)]
    cents: i64,
}

/// A row of a batch, or the receipt of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "receipts", key(step, line))]
struct Receipt {
    /// The step of a writer that wrote it.
    step: i64,
    /// Its number in the step.
    line: i64,
    /// The amount.
    cents: i64,
}

/// The tables that are written, and many more, so that a migration takes long enough to be killed.
fn tables() -> &'static [&'static TableDef] {
    let copies = (0..COPIES).map(|number| -> &'static TableDef {
        Box::leak(Box::new(TableDef {
            name: format!("copies_{number}").leak(),
            ..*Receipt::TABLE
        }))
    });
    let tables: Vec<_> = copies.chain([Purse::TABLE, Receipt::TABLE]).collect();
    tables.leak()
}

/// Kills the durable server of the run while stores migrate and write.
pub async fn survives_kill_nine<S: TestServer>(server: S) {
    let control = match Control::of(server.name()) {
        Ok(control) => control,
        Err(reason) => {
            let _reported = is_applicable(Err(reason));
            return;
        }
    };
    wait_until_killable(server).await;
    let options = server.options_of("DURABLE_URL");
    let database = S::database_on(options.clone()).await;
    let settings = Settings::connections(4);
    let store = S::connect(options, Some(database.name()), settings)
        .await
        .unwrap();
    survives(Arc::new(store.clone()), S::DIALECT, &control).await;
    store.close().await;
}

/// Waits until no other session is connected, if all tests use one server: tests that have ended may still
/// be closing their connections, and a server is not killed while other tests use it.
async fn wait_until_killable<S: TestServer>(server: S) {
    let options = server.options_of("DURABLE_URL");
    if S::address(&options) != S::address(&server.options()) {
        return;
    }
    let store = S::connect(options, None, Settings::connections(1))
        .await
        .unwrap();
    let waiting = async {
        while S::number(&store, S::OTHER_CONNECTIONS).await != Some(0) {
            sleep(Duration::from_millis(100)).await;
        }
    };
    let left = timeout(Duration::from_secs(30), waiting).await;
    assert!(
        left.is_ok(),
        "other sessions are connected to the server that is to be killed"
    );
    store.close().await;
}

/// Runs a test on an empty database of the durable server of a backend, which the test may kill, if the run includes
/// the backend and has such a server.
pub fn run_on_durable(backend: &str, test: impl AsyncFnOnce(TestDatabase, Control)) {
    let is_server = !matches!(backend, "memory" | "sqlite");
    let applicable = if is_server {
        crate::wanted(backend).and_then(|()| Control::of(backend))
    } else {
        Err(NotApplicable("there is no server to kill"))
    };
    let Ok(control) = applicable else {
        let _reported = is_applicable(applicable.map(drop));
        return;
    };
    let run = async {
        match backend {
            #[cfg(feature = "postgres")]
            "postgres" => wait_until_killable(crate::postgres::PostgresServer::Direct).await,
            #[cfg(feature = "mysql")]
            "mariadb" => wait_until_killable(crate::mysql::MySqlServer::MariaDb).await,
            #[cfg(feature = "mysql")]
            "mysql" => wait_until_killable(crate::mysql::MySqlServer::MySql).await,
            other => panic!("{other} is not a server of this build"),
        }
        test(TestDatabase::on_durable(backend).await, control).await;
    };
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(run);
}

/// The outcome of a step, as it was reported to the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StepOutcome {
    Done,
    Unknown,
    RolledBack,
}

fn reported(outcome: &Result<()>) -> StepOutcome {
    match outcome {
        Ok(()) => StepOutcome::Done,
        Err(error) => match error.kind() {
            ErrorKind::OutcomeUnknown => StepOutcome::Unknown,
            ErrorKind::Unavailable | ErrorKind::Aborted | ErrorKind::SerializationFailure => {
                StepOutcome::RolledBack
            }
            _ => panic!("an error that is not a lost connection: {error:?}"),
        },
    }
}

/// The script that kills the durable server of a backend and starts it.
#[derive(Debug)]
pub struct Control(PathBuf);

impl Control {
    /// That of the durable server that the run started; `GENLEDGER_…_DURABLE_URL` is its address.
    fn of(backend: &str) -> Applicable<Self> {
        std::env::var_os(format!(
            "GENLEDGER_{}_DURABLE_CONTROL",
            backend.to_uppercase()
        ))
        .map(|path| Self(path.into()))
        .ok_or(NotApplicable("there is no durable server to kill"))
    }

    /// Kills the server with SIGKILL.
    pub async fn kill(&self) {
        self.run("kill9").await;
    }

    /// Starts the server, and waits until it accepts connections.
    pub async fn start(&self) {
        self.run("start").await;
    }

    async fn run(&self, word: &'static str) {
        let path = self.0.clone();
        let done = tokio::task::spawn_blocking(move || Command::new(path).arg(word).status());
        assert!(done.await.unwrap().unwrap().success(), "{word} failed");
    }
}

/// Migrates and writes while the server is killed, and checks what is stored.
async fn survives(store: Arc<dyn Store>, dialect: &Dialect, control: &Control) {
    migrate(&store, dialect, control).await;
    let purses: Vec<Purse> = (0..PURSES).map(|id| Purse { id, cents: 1_000 }).collect();
    store.session().insert_many(&purses).await.unwrap();
    let running = Arc::new(AtomicBool::new(true));
    let steps = Arc::new(AtomicI64::new(0));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            tokio::spawn(write(
                Arc::clone(&store),
                Arc::clone(&running),
                Arc::clone(&steps),
            ))
        })
        .collect();
    for _ in 0..ROUNDS {
        sleep(WRITING).await;
        kill(&*store, control).await;
    }
    sleep(WRITING).await;
    running.store(false, Ordering::Relaxed);
    let mut all = HashMap::new();
    for writer in writers {
        all.extend(writer.await.unwrap());
    }
    check(&*store, &all).await;
}

/// Kills the server, starts it, and waits until the store is available again.
async fn kill(store: &dyn Store, control: &Control) {
    control.kill().await;
    sleep(Duration::from_millis(100)).await;
    control.start().await;
    let back = async {
        while store.verify_schema(&[Purse::TABLE]).await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let served = timeout(Duration::from_secs(60), back).await;
    assert!(served.is_ok(), "the store is not available again");
}

/// Scripts that create the tables, each followed by one that fails when it runs twice.
fn with_changes(dialect: &Dialect, tables: &'static [&'static TableDef]) -> MigrationSet {
    let created = crate::migrations(dialect, tables);
    let (mut all, mut version) = (Vec::new(), 0);
    for (script, table) in created.scripts.iter().zip(tables) {
        let alter = format!("ALTER TABLE {} ADD COLUMN extra BIGINT NULL", table.name);
        let alter = Script::new(dialect.name(), 0, "alter", alter.leak());
        for mut one in [*script, alter] {
            version += 1;
            one.version = version;
            all.push(one);
        }
    }
    MigrationSet::of("crash", tables).with_scripts(all.leak())
}

/// Whether a table exists.
async fn exists(store: &dyn Store, table: &'static TableDef) -> bool {
    let differences = store.verify_schema(&[table]).await;
    differences.is_ok_and(|differences| differences.is_empty())
}

/// Kills the server while tables are created; the next migration finishes the work.
async fn migrate(store: &Arc<dyn Store>, dialect: &Dialect, control: &Control) {
    let tables = tables();
    let migrations = with_changes(dialect, tables);
    let mut interrupted = 0;
    for created in CREATED {
        if interrupted > 0 {
            sleep(LEASE).await;
        }
        let (writer, scripts) = (Arc::clone(store), migrations);
        let migration = tokio::spawn(async move { writer.migrate(&[scripts]).await });
        while !migration.is_finished() && !exists(&**store, tables[created]).await {
            sleep(Duration::from_millis(1)).await;
        }
        kill(&**store, control).await;
        if let Err(error) = migration.await.unwrap() {
            let lost = [ErrorKind::Unavailable, ErrorKind::OutcomeUnknown];
            assert!(lost.contains(&error.kind()), "{error:?}");
            interrupted += 1;
        }
    }
    assert!(
        interrupted > 0,
        "each migration had ended before the server was killed"
    );
    let report = store.migrate(&[migrations]).await.unwrap();
    assert_eq!(store.verify_schema(tables).await.unwrap(), []);
    assert!(
        store
            .migrate(&[migrations])
            .await
            .unwrap()
            .applied
            .is_empty()
    );
    println!(
        "{interrupted} migrations interrupted, {} scripts left",
        report.applied.len()
    );
}

async fn write(
    store: Arc<dyn Store>,
    running: Arc<AtomicBool>,
    steps: Arc<AtomicI64>,
) -> HashMap<i64, StepOutcome> {
    let mut all = HashMap::new();
    while running.load(Ordering::Relaxed) {
        let step = steps.fetch_add(1, Ordering::Relaxed);
        let outcome = if step % 2 == 0 {
            batch(&*store, step).await
        } else {
            transfer(&*store, step).await
        };
        all.insert(step, reported(&outcome));
        if outcome.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    }
    all
}

async fn batch(store: &dyn Store, step: i64) -> Result<()> {
    let rows: Vec<Receipt> = (0..ROWS)
        .map(|line| Receipt {
            step,
            line,
            cents: 0,
        })
        .collect();
    store.session().insert_many(&rows).await
}

async fn transfer(store: &dyn Store, step: i64) -> Result<()> {
    let (from, to) = (step % PURSES, (step / PURSES) % PURSES);
    store
        .transaction(|tx| async move {
            tx.update_where(Purse::ID.eq(from), [Purse::CENTS.plus(-1)])
                .await?;
            tx.update_where(Purse::ID.eq(to), [Purse::CENTS.plus(1)])
                .await?;
            let receipt = Receipt {
                step,
                line: 0,
                cents: 1,
            };
            tx.insert(&receipt).await
        })
        .await
}

async fn check(store: &dyn Store, outcomes: &HashMap<i64, StepOutcome>) {
    let session = store.session();
    let rows = session
        .aggregate(
            AggregateQuery::over(Filter::all())
                .group_by(Receipt::STEP)
                .count(),
        )
        .await
        .unwrap();
    let rows: HashMap<i64, i64> = rows
        .iter()
        .map(|row| (row.integer(0).unwrap(), row.integer(1).unwrap()))
        .collect();
    for (step, outcome) in outcomes {
        let whole = if step % 2 == 0 { ROWS } else { 1 };
        let found = rows.get(step).copied().unwrap_or(0);
        let expected: &[i64] = match outcome {
            StepOutcome::Done => &[whole],
            StepOutcome::RolledBack => &[0],
            StepOutcome::Unknown => &[0, whole],
        };
        assert!(
            expected.contains(&found),
            "step {step} is {outcome:?} and has {found} rows"
        );
    }
    assert!(rows.keys().all(|step| outcomes.contains_key(step)));
    // Each transfer subtracts from one purse what it adds to another.
    let sums = session
        .aggregate(AggregateQuery::over(Filter::<Purse>::all()).sum(Purse::CENTS))
        .await
        .unwrap();
    assert_eq!(sums[0].integer(0).unwrap(), PURSES * 1_000);
    let count = |wanted| outcomes.values().filter(|one| **one == wanted).count();
    assert!(count(StepOutcome::Done) > 0);
    println!(
        "{} done, {} unknown, {} rolled back",
        count(StepOutcome::Done),
        count(StepOutcome::Unknown),
        count(StepOutcome::RolledBack)
    );
}
