//! The program that has created the tables still inserts tasks while they are adopted: none that it was told are stored
//! is lost, and of a storyboard one is live.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use genledger_testkit::TestDatabase;
use tokio::task::JoinHandle;

use crate::generation::{assert_form, sets};
use crate::generation_rows::{id, insert_many, time};
use crate::generation_tables::{IMAGES, create, permit_zero_dates};
use crate::old_program::{Dialect, OldProgram};

const MANY: u32 = 4_000;
/// How many rows of that program are stored after the adoption, which refuses seven of twelve.
const AFTERWARDS: usize = 20;
/// The number of its first row.
const FIRST: u32 = 2_000_000;

/// Inserts tasks until it is stopped: good ones, some without a status, neither live nor deleted, without a time or with
/// the date zero, or with a negative duration. It returns the ids of those that were acknowledged.
async fn write(mut old: OldProgram, stopped: Arc<AtomicBool>) -> BTreeSet<String> {
    if old.sql() == Dialect::MySql {
        permit_zero_dates(&mut old).await;
    }
    let (mut written, mut left, mut tries) = (BTreeSet::new(), AFTERWARDS, AFTERWARDS * 12);
    for number in 0.. {
        let is_afterwards = stopped.load(Ordering::Relaxed);
        let mut values = [
            "3".to_owned(),
            // Without a type: on PostgreSQL the column becomes a boolean, which takes no integer.
            "'0'".to_owned(),
            time(old.sql(), 0),
            "1".to_owned(),
        ];
        match number % 12 {
            1 | 2 => values[0] = "NULL".to_owned(),
            // Two of one storyboard.
            3 | 4 => values[1] = "NULL".to_owned(),
            5 => values[2] = "NULL".to_owned(),
            7 => values[3] = "-1".to_owned(),
            // Constraints that are not validated yet must not refuse its repair.
            8 => (values[0], values[1]) = ("NULL".to_owned(), "NULL".to_owned()),
            6 | 10 if old.sql() == Dialect::MySql => {
                values[2] = "'0000-00-00 00:00:00'".to_owned();
            }
            _ => {}
        }
        let board = if matches!(number % 12, 3 | 4) {
            number / 12
        } else {
            number
        };
        let id = id(FIRST + number);
        let sql = format!(
            "INSERT INTO {IMAGES} (id, jimeng_accounts_id, project_id, project_name, storyboard_id, \
             work_id, model, prompt, generation_status, is_deleted, create_time, generation_time) \
             VALUES ('{id}', '', 'beside-{}', 'p', 'board-{board}', 'w', 'jimeng-4.5', 'p', {})",
            number % 12 / 3,
            values.join(", ")
        );
        if old.try_run(&sql).await.is_ok() {
            written.insert(id);
            left -= usize::from(is_afterwards);
        }
        tries -= usize::from(is_afterwards);
        if left == 0 || tries == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    written
}

/// That program, while it runs.
pub(crate) struct Beside {
    stopped: Arc<AtomicBool>,
    written: JoinHandle<BTreeSet<String>>,
}

impl Beside {
    pub(crate) async fn start(url: &str) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let writer = OldProgram::connect(url).await.unwrap();
        let written = tokio::spawn(write(writer, Arc::clone(&stopped)));
        Self { stopped, written }
    }

    /// Stops it after some more rows, and checks that each acknowledged row is stored, once.
    pub(crate) async fn stop(self, old: &mut OldProgram) {
        self.stopped.store(true, Ordering::Relaxed);
        let written = self.written.await.unwrap();
        println!("{} written", written.len());
        assert!(written.len() >= AFTERWARDS);
        let mut stored = Vec::new();
        for table in [IMAGES, "jimeng_image_set_aside"] {
            let ids = format!("SELECT id FROM {table} WHERE project_id LIKE 'beside-%'");
            stored.extend(old.texts(&ids).await.into_iter().flatten());
        }
        let ids: BTreeSet<String> = stored.iter().cloned().collect();
        assert_eq!(ids.len(), stored.len(), "a row is there twice");
        assert_eq!(ids, written);
    }
}

async fn a_program_that_still_inserts_tasks_loses_none(database: TestDatabase) {
    let Some(mut old) = OldProgram::connect(&database.url).await else {
        return;
    };
    create(&mut old).await;
    insert_many(&mut old, MANY).await;
    let beside = Beside::start(&database.url).await;
    let store = genledger::connect(&database.url).await.unwrap();
    let report = store.migrate(&sets()).await.unwrap();
    assert!(!report.applied.is_empty());
    beside.stop(&mut old).await;
    let many = format!("SELECT count(*) FROM {IMAGES} WHERE project_id = 'many'");
    assert_eq!(old.number(&many).await, i64::from(MANY));
    assert_form(&store).await;
    store.close().await;
}

genledger_testkit::database_cases!(
    genledger_testkit::run_on_database; a_program_that_still_inserts_tasks_loses_none
);
