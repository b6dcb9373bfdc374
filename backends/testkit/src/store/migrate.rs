//! Migrations: the rights that they need, how often a script runs, and what a killed process leaves behind.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chrono::Utc;
use futures_util::future::join_all;
use genledger_contract::query::Count;
use genledger_contract::schema::{MigrationReport, Script};
use genledger_contract::{Entity, ErrorKind, MigrationSet, Result, SessionExt, Store};

use super::{Note, fails};
use crate::{Reusable, Settings, TestServer};

/// The name of the database that a child process migrates.
const DATABASE: &str = "GENLEDGER_TEST_MIGRATE_DATABASE";
/// The duration of a lease.
const BOUND: Duration = Duration::from_secs(10);

/// A row for each time that a script ran.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "runs", key(id))]
struct Run {
    /// The number of the run.
    id: i64,
    /// The script.
    #[column(filter)]
    script: i32,
}

/// A note with a column that was added later.
#[derive(Clone, Debug, PartialEq, Eq, Entity)]
#[entity(crate = genledger_contract, table = "notes", key(id), unique(title))]
struct LaterNote {
    /// Its number.
    id: i64,
    /// Its title.
    #[column(max_chars = 40)]
    title: String,
    /// The number of times it was read.
    hits: i32,
    /// Its text.
    body: Option<String>,
    /// The column that was added.
    stars: Option<i64>,
}

const NOTES: MigrationSet = MigrationSet::of("notes", &[Note::TABLE]);

fn later(dialect: &'static str) -> MigrationSet {
    let script = Script::new(
        dialect,
        1,
        "stars",
        "ALTER TABLE notes ADD COLUMN stars BIGINT NULL",
    );
    let scripts = Box::leak(Box::new([script.changing("notes")]));
    MigrationSet::of("notes", &[LaterNote::TABLE]).with_scripts(scripts)
}

/// Scripts that fail when they run twice, with sleeps between them.
fn scripts<S: TestServer>(sleeps: u32) -> MigrationSet {
    let dialect = S::DIALECT.name();
    let mut scripts = vec![
        Script::new(
            dialect,
            1,
            "runs",
            "CREATE TABLE runs (id BIGINT NOT NULL PRIMARY KEY, script INT NOT NULL)",
        ),
        Script::new(
            dialect,
            2,
            "alter",
            "ALTER TABLE runs ADD COLUMN extra INT NULL",
        ),
        Script::new(
            dialect,
            3,
            "index",
            "CREATE INDEX runs_script ON runs (script)",
        ),
    ];
    for number in 4..4 + sleeps {
        scripts.push(Script::new(dialect, number, "sleep", S::SLEEP));
    }
    // Not a fixed key, which could be inserted only once.
    let insert = "INSERT INTO runs (id, script) SELECT coalesce(max(r.id), 0) + 1, 9 FROM runs r";
    scripts.push(Script::new(dialect, 4 + sleeps, "insert", insert));
    MigrationSet::of("scripts", &[Run::TABLE]).with_scripts(scripts.leak())
}

async fn runs(store: &dyn Store) -> u64 {
    let count = store.session().count(Run::SCRIPT.eq(9), 10).await;
    match count.unwrap() {
        Count::Exactly(count) | Count::AtLeast(count) => count,
    }
}

/// A service without the right to create runs on a schema that is up to date, also if it has only the right
/// to read; if a migration is pending, it gets `Denied`.
pub async fn nothing_to_do_needs_no_rights<S: TestServer>(server: S) {
    let database = server.database().await;
    let owner = server.open(&database, Settings::connections(2)).await;
    let dialect = S::DIALECT.name();
    let sets = [NOTES, scripts::<S>(0)];
    let stranger = server.reader(&database, &owner, false).await;
    fails(stranger.migrate(&sets).await, ErrorKind::Denied);
    owner.migrate(&sets).await.unwrap();
    for read_only in [false, true] {
        let reader = server.reader(&database, &owner, read_only).await;
        let report = reader.migrate(&sets).await.unwrap();
        assert_eq!(report, MigrationReport::default());
        assert_eq!(reader.verify_schema(&[Note::TABLE]).await.unwrap(), []);
        // A script that cannot be run is not skipped.
        assert!(reader.migrate(&[later(dialect)]).await.is_err());
    }
    owner.migrate(&[later(dialect)]).await.unwrap();
    let reader = server.reader(&database, &owner, true).await;
    let report = reader.migrate(&[later(dialect)]).await.unwrap();
    assert_eq!(report, MigrationReport::default());
}

/// Scripts that cannot run twice, slow ones, and several processes that run them at the same time.
pub async fn scripts_run_once_in_every_process<S: TestServer>(server: S) {
    let database = server.database().await;
    let mut stores = Vec::new();
    for connections in [1, 1, 2, 2] {
        stores.push(
            server
                .open(&database, Settings::connections(connections))
                .await,
        );
    }
    let sets = [NOTES, scripts::<S>(1)];
    let all = stores.iter().map(|store| store.migrate(&sets));
    let reports: Vec<_> = join_all(all).await;
    let applied: Vec<String> = reports
        .into_iter()
        .flat_map(|report| report.unwrap().applied)
        .collect();
    let expected = [
        "notes/notes",
        "scripts/runs",
        "scripts/alter",
        "scripts/index",
        "scripts/sleep",
        "scripts/insert",
    ];
    assert_eq!(applied, expected);
    assert_eq!(runs(&stores[0]).await, 1);
}

/// The clock of the server is that of this machine.
#[expect(clippy::disallowed_methods, reason = "the server reads the same clock")]
fn now() -> i64 {
    Utc::now().timestamp_millis()
}

/// A migration waits for a lease, and no longer than until the lease ends.
pub async fn a_lease_is_waited_for_until_its_end<S: TestServer>(server: S) {
    let database = server.database().await;
    let store = server.open(&database, Settings::connections(2)).await;
    store.migrate(&[NOTES]).await.unwrap();
    let until = now() + 1_500;
    let sql =
        format!("UPDATE _genledger_migration_lease SET owner = 'another', expires_at = {until}");
    S::run(&store, &sql).await;
    // There is nothing to do, so it does not wait.
    store.migrate(&[NOTES]).await.unwrap();
    assert!(now() < until);
    store.migrate(&[scripts::<S>(0)]).await.unwrap();
    let late = now() - until;
    assert!(
        (0..5_000).contains(&late),
        "{late} ms after the lease ended"
    );
}

/// A slow process notices before its next step that another process has acquired the lease.
pub async fn a_lost_lease_is_noticed_before_the_next_step<S: TestServer>(server: S) {
    let database = server.database().await;
    let store = server.open(&database, Settings::connections(2)).await;
    let dialect = S::DIALECT.name();
    let until = now() + 4_000;
    // Another process acquires the lease in the middle of a step.
    let steal =
        format!("UPDATE _genledger_migration_lease SET owner = 'thief', expires_at = {until}");
    let scripts = [
        Script::new(
            dialect,
            1,
            "runs",
            "CREATE TABLE runs (id BIGINT NOT NULL PRIMARY KEY, script INT NOT NULL)",
        ),
        Script::new(dialect, 2, "steal", steal.leak()),
        Script::new(
            dialect,
            3,
            "insert",
            "INSERT INTO runs (id, script) VALUES (1, 9)",
        ),
    ];
    let sets =
        [MigrationSet::of("robbed", &[Run::TABLE]).with_scripts(Box::leak(Box::new(scripts)))];
    let watch = async {
        let notes = "SELECT count(*) FROM _genledger_migrations WHERE version = 2";
        while S::number(&store, notes).await != Some(1) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // Until then no further step is run.
        tokio::time::sleep(Duration::from_millis(800)).await;
        let done = runs(&store).await;
        assert!(now() < until, "this machine is too slow for the test");
        assert_eq!(done, 0);
    };
    let (migrated, ()) = tokio::join!(store.migrate(&sets), watch);
    assert!(now() >= until);
    assert_eq!(migrated.unwrap().applied.len(), 3);
    assert_eq!(runs(&store).await, 1);
}

/// `kill -9` of a process that migrates: the next one continues once the lease has ended, and each
/// script has run once.
pub async fn a_process_that_was_killed_blocks_until_its_lease_ends<S: TestServer>(server: S) {
    let sets = [NOTES, scripts::<S>(3)];
    if let Ok(name) = std::env::var(DATABASE) {
        let settings = Settings::connections(2);
        let store = S::connect(server.options(), Some(&name), settings)
            .await
            .unwrap();
        store.migrate(&sets).await.unwrap();
        return;
    }
    let database = server.database().await;
    let store = server.open(&database, Settings::connections(2)).await;
    let this = std::thread::current().name().unwrap().to_owned();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &this])
        .env(DATABASE, database.name())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // Waits until it sleeps.
    let begun = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let notes = "SELECT count(*) FROM _genledger_migrations WHERE version = 4";
        if S::number(&store, notes).await == Some(1) {
            break;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the child process did not start its migration"
        );
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let killed = Instant::now();
    let report: Result<MigrationReport> = store.migrate(&sets).await;
    let applied = report.unwrap().applied;
    assert!(killed.elapsed() < BOUND + Duration::from_secs(10));
    // One sleep had ended, and the next one was interrupted or had ended as well.
    assert!((2..=3).contains(&applied.len()), "{applied:?}");
    assert_eq!(runs(&store).await, 1);
    assert_eq!(store.migrate(&sets).await.unwrap().applied.len(), 0);
}
