//! The adoption: every row is there, with its values or set aside.

use std::collections::BTreeMap;
use std::sync::Arc;

use genledger::contract::schema::{Finding, MigrationReport, OtherIndexes, Severity};
use genledger::id::UsageLogId;
use genledger::prelude::*;
use genledger::schema;
use genledger_testkit::TestDatabase;

use crate::old_program::{Dialect, OldProgram};
use crate::rows::{Fate, LAST, NOON, OldRow, insert_hostile, insert_many};
use crate::tables::{Form, create_logs, definition};

/// More than two batches.
const MANY: i64 = 2_300;

async fn log(store: &Arc<dyn Store>, id: i64) -> UsageLog {
    let id = UsageLogId::new(id);
    store.session().get(&id).await.unwrap()
}

/// The id of a row that is reported.
pub(crate) fn id(finding: &Finding) -> i64 {
    finding.id.as_deref().unwrap().parse().unwrap()
}

/// What the adoption of a table reports.
fn assert_set_aside(report: &MigrationReport, rows: &[OldRow]) {
    let reported: BTreeMap<i64, (&str, &str)> = report
        .set_aside
        .iter()
        .map(|row| {
            assert_eq!(row.table, "logs");
            (id(row), (row.column.as_str(), row.rule.as_str()))
        })
        .collect();
    let expected: BTreeMap<i64, (&str, &str)> = rows
        .iter()
        .filter_map(|row| match row.fate {
            Fate::SetAside(column, rule) => Some((row.id, (column, rule))),
            Fate::Readable | Fate::Repaired => None,
        })
        .collect();
    assert_eq!(reported, expected);
    assert_eq!(
        usize::try_from(report.set_aside_rows).unwrap(),
        expected.len()
    );
}

async fn a_table_is_adopted_without_losing_a_row(database: TestDatabase) {
    let Some(mut old) = OldProgram::connect(&database.url).await else {
        return;
    };
    for form in [Form::Live, Form::Documented] {
        create_logs(&mut old, form).await;
        let rows = insert_hostile(&mut old, form).await;
        insert_many(&mut old, form, MANY).await;
        let store = genledger::connect(&database.url).await.unwrap();
        let adopting = [schema::adopt_usage(OtherIndexes::Keep)];
        let report = store.migrate(&adopting).await.unwrap();
        println!("{form:?} {:?}", report.applied);
        assert_set_aside(&report, &rows);

        // Nothing is left to do, for any of the sets.
        let again = store.migrate(&adopting).await.unwrap();
        assert_eq!((again.applied, again.repaired), (vec![], 0));
        assert_set_aside(&report, &rows);
        let usual = store.migrate(&[schema::usage()]).await.unwrap();
        assert_eq!(usual, MigrationReport::default());
        for difference in store.verify_schema(schema::usage().tables).await.unwrap() {
            println!("{difference}");
            assert_eq!(difference.severity, Severity::Differs, "{difference}");
        }

        // Every row is in the table, or in the one for rows that were set aside.
        let aside = rows
            .iter()
            .filter(|row| matches!(row.fate, Fate::SetAside(..)))
            .count();
        let kept = MANY + i64::try_from(rows.len() - aside).unwrap();
        assert_eq!(old.number("SELECT count(*) FROM logs").await, kept);
        let aside = i64::try_from(aside).unwrap();
        let count = "SELECT count(*) FROM logs_set_aside";
        assert_eq!(old.number(count).await, aside);
        values(&store, &mut old, form).await;
        numbers(&store, &mut old, form).await;
        store.close().await;
        for table in [
            "logs",
            "logs_set_aside",
            "usage_rollups",
            "usage_rollup_coverage",
            "_genledger_migrations",
        ] {
            old.run(&format!("DROP TABLE {table}")).await;
        }
    }
}

/// The stated values.
async fn values(store: &Arc<dyn Store>, old: &mut OldProgram, form: Form) {
    let good = log(store, 1).await;
    assert_eq!((good.user_id, good.quota, good.channel_id), (42, 10, 7));
    assert_eq!(good.created_at.timestamp(), NOON);
    assert_eq!((good.prompt_tokens, good.completion_tokens), (3, 2));
    assert_eq!((&*good.username, &*good.group), ("alice", "vip"));
    assert!(good.is_stream && good.ip.is_none());
    assert_eq!(good.other.as_str(), "{\"frt\": 5}");
    let empty = log(store, 2).await;
    assert_eq!((empty.user_id, empty.quota, empty.channel_id), (0, 0, 0));
    assert_eq!(empty.kind, UsageLogType::Unknown);
    assert!(empty.content.is_empty() && empty.group.is_empty() && empty.other.is_empty());
    for id in [3, 4, 13] {
        assert_eq!(log(store, id).await.created_at.timestamp(), NOON, "{id}");
    }
    assert_eq!(log(store, 6).await.kind.code(), 77);
    assert_eq!(log(store, 8).await.quota, -500);
    assert_eq!(log(store, 10).await.other.as_str(), "not JSON {");
    for id in 1_001..=1_000 + MANY {
        let log = log(store, id).await;
        assert_eq!(log.created_at.timestamp(), NOON + id, "{id}");
        assert_eq!(
            (log.quota, log.channel_id),
            (if id % 5 == 0 { 0 } else { 10 }, id % 7)
        );
    }
    if form == Form::Live {
        assert_eq!(
            log(store, 21).await.request_id.as_deref(),
            Some("request-21")
        );
        let region = old
            .texts("SELECT region FROM logs WHERE id IN (1, 21) ORDER BY id")
            .await;
        assert_eq!(region, [Some("eu".to_owned()), Some("us".to_owned())]);
    }
    // A row that was set aside is as it was.
    let aside = "SELECT prompt_tokens FROM logs_set_aside WHERE id = 14";
    assert_eq!(old.number(aside).await, -7);
}

/// New ids are greater than those of the table, and the other program still gets its own.
async fn numbers(store: &Arc<dyn Store>, old: &mut OldProgram, form: Form) {
    if form == Form::Live {
        let insert = crate::rows::insert(old.sql(), form, None, &[]);
        old.run(&insert).await;
        assert_eq!(old.number("SELECT max(id) FROM logs").await, LAST + 1);
    }
    let logs = UsageLogs::new(Arc::clone(store)).with_rollups();
    let ids = UsageLogIdGenerator::system(NodeId::ZERO);
    let new = NewUsageLog::new(UsageLogType::Consume, 42)
        .quota(1)
        .into_log(&ids)
        .unwrap();
    assert!(new.id.get() > 1 << 52);
    assert!(logs.append(&new).await.unwrap());
    assert_eq!(log(store, new.id.get()).await, new);
}

/// A table that cannot be brought to the described form is refused before anything is changed.
async fn a_table_that_cannot_be_adopted_is_not_changed(database: TestDatabase) {
    let Some(mut old) = OldProgram::connect(&database.url).await else {
        return;
    };
    let live = definition(old.sql(), Form::Live);
    let unique = format!("{live}; CREATE UNIQUE INDEX only_one ON logs (request_id)");
    let (head, tail) = live.split_once("region varchar(20)").unwrap();
    let required = format!("{head} more integer NOT NULL, region varchar(20){tail}");
    let (head, tail) = live.split_once("quota ").unwrap();
    let (_, tail) = tail.split_once(',').unwrap();
    let other_type = format!("{head}quota text,{tail}");
    let (head, tail) = live.split_once("id ").unwrap();
    let other_key = match old.sql() {
        Dialect::Sqlite => live.replacen("PRIMARY KEY AUTOINCREMENT", "", 1),
        Dialect::Postgres => format!("{head}id {}", tail.replacen("PRIMARY KEY", "", 1)),
        Dialect::MySql => live
            .replacen("PRIMARY KEY (id)", "PRIMARY KEY (id, user_id)", 1)
            .replacen("user_id bigint DEFAULT NULL", "user_id bigint NOT NULL", 1),
    };
    for table in [unique, required, other_type, other_key] {
        for statement in table.split(';') {
            old.run(statement).await;
        }
        let store = genledger::connect(&database.url).await.unwrap();
        let before = store.verify_schema(&[UsageLog::TABLE]).await.unwrap();
        let adopting = [schema::adopt_usage(OtherIndexes::Drop)];
        let error = store.migrate(&adopting).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema, "{table}");
        let after = store.verify_schema(&[UsageLog::TABLE]).await.unwrap();
        assert_eq!(after, before);
        store.close().await;
        let aside = "SELECT count(*) FROM logs_set_aside";
        assert_eq!(old.maybe_number(aside).await, None);
        old.run("DROP TABLE logs").await;
    }
}

genledger_testkit::database_cases!(
    genledger_testkit::run_on_database;
    a_table_that_cannot_be_adopted_is_not_changed,
    a_table_is_adopted_without_losing_a_row
);
