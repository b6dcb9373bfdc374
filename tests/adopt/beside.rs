//! The program that has created the table still inserts rows while it is adopted: none that it was told are stored is
//! lost.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use genledger::contract::schema::{OtherIndexes, Severity};
use genledger::prelude::*;
use genledger::schema;
use genledger_testkit::TestDatabase;

use crate::old_program::OldProgram;
use crate::rows::{NOON, insert, insert_many};
use crate::tables::{Form, create_logs};

/// Enough for several batches.
const MANY: i64 = 6_000;
/// How many rows that program inserts at least after the adoption.
const AFTERWARDS: usize = 20;

/// The names of rows that were acknowledged, and how many were refused.
struct Written {
    names: BTreeSet<String>,
    refused: usize,
}

/// Inserts rows until it is stopped: good ones, some without a quota, with a time in milliseconds, or with neither.
async fn write(mut old: OldProgram, stopped: Arc<AtomicBool>) -> Written {
    let mut written = Written {
        names: BTreeSet::new(),
        refused: 0,
    };
    let (mut number, mut left) = (0, AFTERWARDS);
    while left > 0 {
        if stopped.load(Ordering::Relaxed) {
            left -= 1;
        }
        number += 1;
        let name = format!("row-{number}");
        let mut values = vec![("request_id", format!("'{name}'"))];
        match number % 8 {
            1 => values.push(("quota", "NULL".to_owned())),
            3 => values.push(("created_at", (NOON * 1_000).to_string())),
            5 => values.push(("created_at", "NULL".to_owned())),
            // Constraints that are not validated yet must not refuse its repair.
            6 => values.extend(["created_at", "quota"].map(|name| (name, "NULL".to_owned()))),
            7 => values.push(("prompt_tokens", "-1".to_owned())),
            _ => {}
        }
        let sql = insert(old.sql(), Form::Live, None, &values);
        match old.try_run(&sql).await {
            Ok(()) => {
                written.names.insert(name);
            }
            Err(_) => written.refused += 1,
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    written
}

async fn a_program_that_still_inserts_loses_nothing(database: TestDatabase) {
    let Some(mut old) = OldProgram::connect(&database.url).await else {
        return;
    };
    create_logs(&mut old, Form::Live).await;
    insert_many(&mut old, Form::Live, MANY).await;
    let stopped = Arc::new(AtomicBool::new(false));
    let writer = OldProgram::connect(&database.url).await.unwrap();
    let writer = tokio::spawn(write(writer, Arc::clone(&stopped)));
    let store = genledger::connect(&database.url).await.unwrap();
    let adopting = [schema::adopt_usage(OtherIndexes::Keep)];
    // Until then it inserts beside the statements that change the table.
    let report = store.migrate(&adopting).await.unwrap();
    assert!(!report.applied.is_empty());
    stopped.store(true, Ordering::Relaxed);
    let written = writer.await.unwrap();
    println!(
        "{} written, {} refused",
        written.names.len(),
        written.refused
    );
    assert!(written.names.len() > AFTERWARDS / 2 && written.refused > 0);

    let mut stored = Vec::new();
    for table in ["logs", "logs_set_aside"] {
        let names = format!("SELECT request_id FROM {table} WHERE request_id LIKE 'row-%'");
        stored.extend(old.texts(&names).await.into_iter().flatten());
    }
    let names: BTreeSet<String> = stored.iter().cloned().collect();
    assert_eq!(names.len(), stored.len(), "a row is there twice");
    assert_eq!(names, written.names);
    let others = "SELECT count(*) FROM logs WHERE id BETWEEN 1001 AND 7000";
    assert_eq!(old.number(others).await, MANY);
    for difference in store.verify_schema(&[UsageLog::TABLE]).await.unwrap() {
        assert_eq!(difference.severity, Severity::Differs, "{difference}");
    }
    store.close().await;
}

genledger_testkit::database_cases!(
    genledger_testkit::run_on_database; a_program_that_still_inserts_loses_nothing
);
