//! Kills a server with SIGKILL while it writes, again and again, and looks at what is left: nothing
//! that was acknowledged is lost, nothing is there twice or in part, and what was told as undone is.

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

use crate::{Reusable, Settings, TestServer, is_applicable};

const ROUNDS: usize = 3;
const WRITERS: i64 = 4;
/// How long the writers write before the server is killed, and after it is back.
const WRITING: Duration = Duration::from_millis(400);
/// Rows of a batch.
const ROWS: i64 = 20;
const PURSES: i64 = 4;
const COPIES: i64 = 60;
/// The tables that a migration has made when the server is killed.
const MADE: [usize; 2] = [4, 20];
/// How long the lease of a migration lasts that could not let go of it.
const LEASE: Duration = Duration::from_secs(10);

/// A purse.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "purses", key(id))]
struct Purse {
    /// Its number.
    id: i64,
    /// What is in it.
    #[column(filter)]
    cents: i64,
}

/// A row of a batch, or the receipt of a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "receipts", key(step, line))]
struct Receipt {
    /// Which step of a writer it is from.
    step: i64,
    /// Its number in the step.
    line: i64,
    /// The money.
    cents: i64,
}

/// The tables that are written, and many more, so that a migration takes its time.
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
    let options = server.options_of("DURABLE_URL");
    if S::address(&options) == S::address(&server.options()) {
        wait_until_alone::<S>(options.clone()).await;
    }
    let database = S::database_on(options.clone()).await;
    let settings = Settings::connections(4);
    let store = S::connect(options, Some(database.name()), settings)
        .await
        .unwrap();
    survives(Arc::new(store.clone()), S::DIALECT, &control).await;
    store.close().await;
}

/// Waits until no other session is connected, where one server is for everything: tests that are over may
/// still be closing their connections, and a server is not killed beneath others.
async fn wait_until_alone<S: TestServer>(options: S::Options) {
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
        "others are connected to the server that is to be killed"
    );
    store.close().await;
}

/// What a writer was told about a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RecordedEvent {
    Done,
    Unknown,
    Undone,
}

fn told(outcome: &Result<()>) -> RecordedEvent {
    match outcome {
        Ok(()) => RecordedEvent::Done,
        Err(error) => match error.kind() {
            ErrorKind::OutcomeUnknown => RecordedEvent::Unknown,
            ErrorKind::Unavailable | ErrorKind::Aborted | ErrorKind::SerializationFailure => {
                RecordedEvent::Undone
            }
            _ => panic!("an error that is not a lost connection: {error:?}"),
        },
    }
}

/// The script that kills the server and starts it.
struct Control(PathBuf);

impl Control {
    /// That of the durable server which the run started: `GENLEDGER_…_DURABLE_URL` is where it is.
    fn of(backend: &str) -> Applicable<Self> {
        std::env::var_os(format!(
            "GENLEDGER_{}_DURABLE_CONTROL",
            backend.to_uppercase()
        ))
        .map(|path| Self(path.into()))
        .ok_or(NotApplicable("no durable server is there to be killed"))
    }

    async fn run(&self, word: &'static str) {
        let path = self.0.clone();
        let done = tokio::task::spawn_blocking(move || Command::new(path).arg(word).status());
        assert!(done.await.unwrap().unwrap().success(), "{word} failed");
    }
}

/// Migrates, writes, kills, and looks.
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

/// Kills the server, starts it, and waits until the store serves again.
async fn kill(store: &dyn Store, control: &Control) {
    control.run("kill9").await;
    sleep(Duration::from_millis(100)).await;
    control.run("start").await;
    let back = async {
        while store.verify_schema(&[Purse::TABLE]).await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let served = timeout(Duration::from_secs(60), back).await;
    assert!(served.is_ok(), "the store does not serve again");
}

/// Scripts that make the tables, each with one behind it that fails when it runs twice.
fn with_changes(dialect: &Dialect, tables: &'static [&'static TableDef]) -> MigrationSet {
    let made = crate::migrations(dialect, tables);
    let (mut all, mut version) = (Vec::new(), 0);
    for (script, table) in made.scripts.iter().zip(tables) {
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

/// Whether a table is there.
async fn is_made(store: &dyn Store, table: &'static TableDef) -> bool {
    let differences = store.verify_schema(&[table]).await;
    differences.is_ok_and(|differences| differences.is_empty())
}

/// Kills the server while tables are made; the next migration finishes the work.
async fn migrate(store: &Arc<dyn Store>, dialect: &Dialect, control: &Control) {
    let tables = tables();
    let migrations = with_changes(dialect, tables);
    let mut cut = 0;
    for made in MADE {
        if cut > 0 {
            sleep(LEASE).await;
        }
        let (writer, scripts) = (Arc::clone(store), migrations);
        let migration = tokio::spawn(async move { writer.migrate(&[scripts]).await });
        while !migration.is_finished() && !is_made(&**store, tables[made]).await {
            sleep(Duration::from_millis(1)).await;
        }
        kill(&**store, control).await;
        if let Err(error) = migration.await.unwrap() {
            let lost = [ErrorKind::Unavailable, ErrorKind::OutcomeUnknown];
            assert!(lost.contains(&error.kind()), "{error:?}");
            cut += 1;
        }
    }
    assert!(
        cut > 0,
        "the server was killed when there was nothing to do"
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
        "{cut} migrations cut, {} scripts left",
        report.applied.len()
    );
}

async fn write(
    store: Arc<dyn Store>,
    running: Arc<AtomicBool>,
    steps: Arc<AtomicI64>,
) -> HashMap<i64, RecordedEvent> {
    let mut all = HashMap::new();
    while running.load(Ordering::Relaxed) {
        let step = steps.fetch_add(1, Ordering::Relaxed);
        let outcome = if step % 2 == 0 {
            batch(&*store, step).await
        } else {
            transfer(&*store, step).await
        };
        all.insert(step, told(&outcome));
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

async fn check(store: &dyn Store, told: &HashMap<i64, RecordedEvent>) {
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
    for (step, told) in told {
        let whole = if step % 2 == 0 { ROWS } else { 1 };
        let there = rows.get(step).copied().unwrap_or(0);
        let expected: &[i64] = match told {
            RecordedEvent::Done => &[whole],
            RecordedEvent::Undone => &[0],
            RecordedEvent::Unknown => &[0, whole],
        };
        assert!(
            expected.contains(&there),
            "step {step} was {told:?} and has {there} rows"
        );
    }
    assert!(rows.keys().all(|step| told.contains_key(step)));
    // Each transfer took and gave.
    let sums = session
        .aggregate(AggregateQuery::over(Filter::<Purse>::all()).sum(Purse::CENTS))
        .await
        .unwrap();
    assert_eq!(sums[0].integer(0).unwrap(), PURSES * 1_000);
    let count = |wanted| told.values().filter(|one| **one == wanted).count();
    assert!(count(RecordedEvent::Done) > 0);
    println!(
        "{} done, {} unknown, {} undone",
        count(RecordedEvent::Done),
        count(RecordedEvent::Unknown),
        count(RecordedEvent::Undone)
    );
}
