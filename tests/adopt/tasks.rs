//! Tasks of Midjourney: the table of the gateway is adopted, and its open tasks end.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use genledger::contract::schema::{MigrationReport, OtherIndexes, Severity};
use genledger::id::UsageLogId;
use genledger::midjourney::{MidjourneyRefundState, MidjourneyTask, MidjourneyTasks};
use genledger::prelude::*;
use genledger::schema;
use genledger_testkit::TestDatabase;

use crate::after::id;
use crate::old_program::{Dialect, OldProgram};
use crate::rows::NOON;
use crate::tables::{Form, create_tasks};

/// The rows: id, submit time, status, quota, and further columns with their values.
fn rows(sql: Dialect, form: Form) -> Vec<String> {
    let millis = NOON * 1_000;
    let micros = millis * 1_000 + 7;
    let row = |id: i64, time: &str, status: &str, quota: &str, more: &[(&str, &str)]| {
        let (names, values): (Vec<&str>, Vec<&str>) = more.iter().copied().unzip();
        let comma = if more.is_empty() { "" } else { ", " };
        format!(
            "INSERT INTO midjourneys (id, submit_time, status, quota{comma}{}) \
             VALUES ({id}, {time}, {status}, {quota}{comma}{})",
            names.join(", "),
            values.join(", ")
        )
    };
    let good = millis.to_string();
    let mut all = vec![
        row(
            1,
            &good,
            "'SUBMITTED'",
            "5",
            &[("mj_id", "'mj-1'"), ("action", "'IMAGINE'")],
        ),
        row(2, &good, "NULL", "NULL", &[]),
        row(
            3,
            &NOON.to_string(),
            "'IN_PROGRESS'",
            "5",
            &[("mj_id", "'mj-3'")],
        ),
        row(
            4,
            &micros.to_string(),
            "'FAILURE'",
            "5",
            &[("start_time", "0")],
        ),
        row(5, "NULL", "'SUBMITTED'", "5", &[]),
        row(6, &good, "'SUBMITTED'", "-5", &[]),
        row(
            7,
            &good,
            "'WAITING'",
            "5",
            &[("mj_id", "'mj-7'"), ("action", "'NEW'")],
        ),
    ];
    if form == Form::Live {
        let broken = [("buttons", "'[{\"label\":'"), ("properties", "''")];
        all.push(row(8, &good, "'SUCCESS'", "5", &broken));
    }
    if sql == Dialect::Sqlite {
        all.push(row(9, &good, "CAST(x'ff' AS TEXT)", "5", &[]));
    }
    all
}

async fn task(store: &Arc<dyn Store>, id: i64) -> MidjourneyTask {
    let id = UsageLogId::new(id);
    store.session().get(&id).await.unwrap()
}

async fn tasks_are_adopted_and_end(database: TestDatabase) {
    let Some(mut old) = OldProgram::connect(&database.url).await else {
        return;
    };
    for form in [Form::Live, Form::Documented] {
        create_tasks(&mut old, form).await;
        let rows = rows(old.sql(), form);
        for row in &rows {
            old.run(row).await;
        }
        let store = genledger::connect(&database.url).await.unwrap();
        let adopting = [schema::adopt_midjourney(OtherIndexes::Keep)];
        let report = store.migrate(&adopting).await.unwrap();
        let mut aside: Vec<_> = report
            .set_aside
            .iter()
            .map(|row| (id(row), row.column.as_str(), row.rule.as_str()))
            .collect();
        aside.sort_unstable();
        let mut expected = vec![(5, "submit_time", "required"), (6, "quota", "out_of_range")];
        if old.sql() == Dialect::Sqlite {
            expected.push((9, "status", "invalid_utf8"));
        }
        assert_eq!(aside, expected);
        // The other indexes can be dropped later.
        let adopting = [schema::adopt_midjourney(OtherIndexes::Drop)];
        let dropped = store.migrate(&adopting).await.unwrap();
        let step = "genledger.midjourney/adopt midjourneys: indexes";
        assert_eq!(
            (dropped.applied, dropped.repaired),
            (vec![step.to_owned()], 0)
        );
        let again = store.migrate(&adopting).await.unwrap();
        assert_eq!((again.applied, again.repaired), (vec![], 0));
        let usual = store.migrate(&[schema::midjourney()]).await.unwrap();
        assert_eq!(usual, MigrationReport::default());
        let tables = schema::midjourney().tables;
        for difference in store.verify_schema(tables).await.unwrap() {
            assert_eq!(difference.severity, Severity::Differs, "{difference}");
        }
        let kept = old.number("SELECT count(*) FROM midjourneys").await;
        assert_eq!(usize::try_from(kept).unwrap(), rows.len() - expected.len());
        if old.sql() == Dialect::Sqlite {
            // Only the described indexes are left, one of them under its earlier name.
            let names = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'idx_%'";
            assert_eq!(old.number(names).await, 1);
        }

        let noon = DateTime::from_timestamp(NOON, 0).unwrap();
        for id in [1, 2, 3, 4, 7] {
            let task = task(&store, id).await;
            assert_eq!(task.submit_time, noon, "{id}");
            assert_eq!(task.refund, MidjourneyRefundState::None);
        }
        let empty = task(&store, 2).await;
        assert_eq!((empty.user_id, empty.quota, empty.channel_id), (0, 0, 0));
        assert!(empty.mj_id.is_empty() && empty.buttons.is_empty() && empty.is_open());
        if form == Form::Live {
            let broken = task(&store, 8).await;
            assert_eq!(
                (broken.buttons.len(), broken.properties.is_empty()),
                (1, true)
            );
        }
        // Open tasks end and are refunded; those that ended before are not.
        let tasks = MidjourneyTasks::new(Arc::clone(&store));
        let later: DateTime<Utc> = noon + chrono::TimeDelta::hours(1);
        let swept = tasks
            .time_out(later, "timed out", 100, later)
            .await
            .unwrap();
        assert_eq!((swept.ended, swept.refunds, swept.more), (4, 3, false));
        store.close().await;
        for table in [
            "midjourneys",
            "midjourneys_set_aside",
            "_genledger_migrations",
        ] {
            old.run(&format!("DROP TABLE {table}")).await;
        }
    }
}

genledger_testkit::database_cases!(genledger_testkit::run_on_database; tasks_are_adopted_and_end);
