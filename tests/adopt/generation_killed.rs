//! The process that adopts accounts and tasks dies after a stated number of statements, again and again, each time a
//! little later; the next one continues.

use std::fmt::Debug;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use genledger::prelude::*;
use genledger_testkit::TestDatabase;
use tracing::field::Field;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::generation::{TABLES, assert_complete, assert_form, assert_reported, sets};
use crate::generation_beside::Beside;
use crate::generation_rows::{insert_hostile, insert_many};
use crate::generation_tables::create;
use crate::old_program::{Dialect, OldProgram};

/// The variables of a child: the address of the database, after how many statements it dies, and from when on they count.
const DATABASE: &str = "GENLEDGER_TEST_ADOPT_GENERATION_DATABASE";
const STATEMENTS: &str = "GENLEDGER_TEST_ADOPT_STATEMENTS";
const FROM: &str = "GENLEDGER_TEST_ADOPT_FROM";
/// How many statements more each child lives.
const STEP: u32 = 7;
const MANY: u32 = 1_200;

/// From when on the statements of a child count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Start,
    /// Again from each time on at which it locks a table.
    Lock,
}

/// Ends the process at a statement, without any clean-up.
struct Killer {
    from: From,
    statements: u32,
    left: AtomicU32,
}

impl Subscriber for Killer {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        ["genledger::statement", "genledger::migration"].contains(&metadata.target())
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        if event.metadata().target() == "genledger::statement" {
            if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
                std::process::abort();
            }
        } else if self.from == From::Lock {
            let mut is_lock = false;
            event.record(&mut |_: &Field, value: &dyn Debug| {
                is_lock |= format!("{value:?}").contains("is locked");
            });
            if is_lock {
                self.left.store(self.statements, Ordering::SeqCst);
            }
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The process that dies; without the variables, there is nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let (Ok(url), Ok(statements)) = (std::env::var(DATABASE), std::env::var(STATEMENTS)) else {
        return;
    };
    let statements = statements.parse().unwrap();
    let (from, left) = match std::env::var(FROM) {
        Ok(_) => (From::Lock, u32::MAX),
        Err(_) => (From::Start, statements),
    };
    let killer = Killer {
        from,
        statements,
        left: AtomicU32::new(left),
    };
    tracing::subscriber::set_global_default(killer).unwrap();
    let store = genledger::connect(&url).await.unwrap();
    store.migrate(&sets()).await.unwrap();
    store.close().await;
}

/// The rows of the tables, and of those for rows that were set aside.
async fn rows_of_all(old: &mut OldProgram) -> i64 {
    let mut all = 0;
    for (table, aside) in TABLES {
        all += old.number(&format!("SELECT count(*) FROM {table}")).await;
        let aside = format!("SELECT count(*) FROM {aside}");
        all += old.maybe_number(&aside).await.unwrap_or(0);
    }
    all
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    ByItself,
    Killed,
}

async fn run_child(url: &str, old: &mut OldProgram, from: From, statements: u32) -> Ended {
    let mut command = Command::new(std::env::current_exe().unwrap());
    if from == From::Lock {
        command.env(FROM, "lock");
    }
    let status = command
        .args(["--exact", "generation_killed::child"])
        .env(DATABASE, url)
        .env(STATEMENTS, statements.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    if status.success() {
        return Ended::ByItself;
    }
    assert_eq!(status.code(), None, "the child failed by itself");
    if old.sql() != Dialect::Sqlite {
        // Its holder is dead, and the end of the lease need not be awaited.
        drop(old.try_run("DELETE FROM _genledger_migration_lease").await);
    }
    Ended::Killed
}

async fn a_killed_adoption_of_tasks_is_continued(database: TestDatabase) {
    let Some(mut old) = OldProgram::connect(&database.url).await else {
        return;
    };
    create(&mut old).await;
    let rows = insert_hostile(&mut old).await;
    insert_many(&mut old, MANY).await;
    let all = rows_of_all(&mut old).await;
    let mut killed = 0;
    loop {
        let statements = (killed + 1) * STEP;
        let status = run_child(&database.url, &mut old, From::Start, statements).await;
        // At each moment every row is in one of the tables.
        assert_eq!(
            rows_of_all(&mut old).await,
            all,
            "after {statements} statements"
        );
        if status == Ended::ByItself {
            break;
        }
        killed += 1;
    }
    println!("{killed} adoptions killed");
    assert!(killed > 10, "{killed}");

    let store = genledger::connect(&database.url).await.unwrap();
    old.run("DELETE FROM _genledger_findings WHERE row_id LIKE '%-000001______'")
        .await;
    let report = store.migrate(&sets()).await.unwrap();
    assert_eq!((report.applied.clone(), report.repaired), (vec![], 0));
    assert_reported(&report, &rows);
    assert_form(&store).await;
    assert_complete(&mut old, &rows).await;
    store.close().await;
}

/// The same beside a program that inserts rows which break a rule, so that MySQL and MariaDB lock the table: each child dies
/// a little later under the lock of the keys, and then under that of the form.
async fn a_killed_adoption_beside_a_program_is_continued(database: TestDatabase) {
    let Some(mut old) = OldProgram::connect(&database.url).await else {
        return;
    };
    create(&mut old).await;
    let beside = Beside::start(&database.url).await;
    let is_locked = old.sql() == Dialect::MySql;
    let (from, step) = if is_locked {
        (From::Lock, STEP)
    } else {
        (From::Start, 5 * STEP)
    };
    let (mut killed, mut statements, mut had_key) = (0, 1, true);
    while run_child(&database.url, &mut old, from, statements).await == Ended::Killed {
        killed += 1;
        statements += step;
        let has_key = is_locked && old.number(OLD_KEY).await > 0;
        if had_key && !has_key && is_locked {
            statements = 1;
        }
        had_key = has_key;
    }
    println!("{killed} adoptions killed beside a program");
    assert!(killed > 3, "{killed}");
    beside.stop(&mut old).await;
    let store = genledger::connect(&database.url).await.unwrap();
    assert_form(&store).await;
    store.close().await;
}

/// The columns of the key that is replaced.
const OLD_KEY: &str = "SELECT count(*) FROM information_schema.statistics WHERE table_schema = database() \
    AND table_name = 'jimeng_image_generation_records' AND index_name = 'uk_project_storyboard'";

genledger_testkit::database_cases!(
    genledger_testkit::run_on_database;
    a_killed_adoption_beside_a_program_is_continued,
    a_killed_adoption_of_tasks_is_continued
);
