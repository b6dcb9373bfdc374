//! The process that adopts accounts and tasks dies after a stated number of statements, again and again, each time a
//! little later; the next one continues.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use genledger::prelude::*;
use genledger_testkit::TestDatabase;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::generation::{TABLES, assert_complete, assert_form, assert_reported, sets};
use crate::generation_rows::{insert_hostile, insert_many};
use crate::generation_tables::create;
use crate::old_program::{Dialect, OldProgram};

/// The variables of a child: the address of the database, and after how many statements it dies.
const DATABASE: &str = "GENLEDGER_TEST_ADOPT_GENERATION_DATABASE";
const STATEMENTS: &str = "GENLEDGER_TEST_ADOPT_STATEMENTS";
/// How many statements more each child lives.
const STEP: u32 = 7;
const MANY: u32 = 1_200;

/// Ends the process at a statement, without any clean-up.
struct Killer {
    left: AtomicU32,
}

impl Subscriber for Killer {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "genledger::statement"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            std::process::abort();
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
    let left = AtomicU32::new(statements.parse().unwrap());
    tracing::subscriber::set_global_default(Killer { left }).unwrap();
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
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "generation_killed::child"])
            .env(DATABASE, &database.url)
            .env(STATEMENTS, statements.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        // At each moment every row is in one of the tables.
        assert_eq!(
            rows_of_all(&mut old).await,
            all,
            "after {statements} statements"
        );
        if status.success() {
            break;
        }
        assert_eq!(status.code(), None, "the child failed by itself");
        killed += 1;
        if old.sql() != Dialect::Sqlite {
            // Its holder is dead, and the end of the lease need not be awaited.
            drop(old.try_run("DELETE FROM _genledger_migration_lease").await);
        }
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

genledger_testkit::database_cases!(
    genledger_testkit::run_on_database; a_killed_adoption_of_tasks_is_continued
);
