//! The events of statements, their texts and plans.

use std::time::Duration;

use genledger_conformance::{EventRecorder, Level, RecordedEvent};
use genledger_contract::query::AggregateQuery;
use genledger_contract::schema::{Layout, Script};
use genledger_contract::{Entity, Filter, MigrationSet, Query, SessionExt, Store, StoreExt};
use genledger_sqlite::{SQLITE, SqliteConfig, SqliteStore, ToSql};

use super::notes::{Note, note, open};

/// The texts of the statements that had an event.
fn texts(recorder: &EventRecorder) -> Vec<String> {
    let all = recorder.statements().into_iter();
    all.filter_map(|one| one.get("sql").map(str::to_owned))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_is_the_one_that_is_sent() {
    let plain = open(SqliteConfig::memory()).await;
    let created = plain.with_connection(|connection| {
        connection
            .execute_batch("CREATE TABLE OldNotes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
    });
    created.await.unwrap();
    let layout = Layout::new().table::<Note>("OldNotes");
    let placed = plain.clone().with_layout(&layout).unwrap();
    for store in [plain, placed] {
        let page = Query::matching(Note::ID.gt(4))
            .order_by([Note::ID.desc()])
            .page_size(7);
        let sums = AggregateQuery::over(Filter::<Note>::all())
            .count()
            .max(Note::ID);
        let expected = [store.to_sql(&page).unwrap(), store.to_sql(&sums).unwrap()];
        let recorder = EventRecorder::up_to(Level::DEBUG);
        let guard = recorder.record();
        store.session().page(&page).await.unwrap();
        store.session().aggregate(sums).await.unwrap();
        drop(guard);
        assert_eq!(texts(&recorder), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_names_its_index_and_is_indented() {
    let store = open(SqliteConfig::memory()).await;
    let by_key = Query::matching(Note::ID.eq(4));
    let plan = store.explain(&by_key).await.unwrap();
    assert_eq!(plan, "SEARCH notes USING INTEGER PRIMARY KEY (rowid=?)");
    let sql = format!("EXPLAIN QUERY PLAN {}", by_key.to_sql(&SQLITE).unwrap());
    let recorder = EventRecorder::up_to(Level::DEBUG);
    let guard = recorder.record();
    store.explain(&by_key).await.unwrap();
    drop(guard);
    assert_eq!(texts(&recorder), [sql]);
    // Of the three steps, two are parts of the first one.
    let either = AggregateQuery::over(Note::ID.eq(4).or(Note::ID.gt(9))).count();
    let plan = store.explain(&either).await.unwrap();
    let depths: Vec<usize> = plan
        .lines()
        .map(|line| line.len() - line.trim_start().len())
        .collect();
    assert!(depths.starts_with(&[0, 2]), "{plan}");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_statements_are_warnings() {
    let levels = |recorder: &EventRecorder| -> Vec<(Level, String)> {
        let all = recorder.statements().into_iter();
        all.map(|one: RecordedEvent| (one.level, one.get("message").unwrap().to_owned()))
            .collect()
    };
    let warned = (Level::WARN, "slow statement".to_owned());
    let normal = (Level::DEBUG, "statement".to_owned());
    let hour = Some(Duration::from_secs(3_600));
    for (slow, level, expected) in [
        (Some(Duration::ZERO), Level::DEBUG, vec![warned.clone()]),
        (Some(Duration::ZERO), Level::WARN, vec![warned]),
        (Some(Duration::ZERO), Level::ERROR, vec![]),
        (None, Level::DEBUG, vec![normal.clone()]),
        (None, Level::WARN, vec![]),
        (hour, Level::DEBUG, vec![normal]),
        (hour, Level::WARN, vec![]),
    ] {
        let mut config = SqliteConfig::memory();
        config.slow_statements = slow;
        let configured = open(config).await;
        let changed = open(SqliteConfig::memory())
            .await
            .with_slow_statements(slow);
        for store in [configured, changed] {
            let recorder = EventRecorder::up_to(level);
            let guard = recorder.record();
            store.session().insert(&note(1)).await.unwrap();
            drop(guard);
            assert_eq!(levels(&recorder), expected, "{slow:?} {level}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_of_a_script_is_not_told() {
    const SCRIPTS: &[Script] = &[
        Script::new(
            "sqlite",
            1,
            "create_notes",
            "CREATE TABLE notes (id INTEGER PRIMARY KEY NOT NULL, text TEXT NOT NULL) STRICT",
        ),
        Script::new(
            "sqlite",
            2,
            "insert_a_note",
            "BEGIN_ is not a word; INSERT INTO notes VALUES (1, 'secret')",
        ),
    ];
    let store = SqliteStore::connect(SqliteConfig::memory()).await.unwrap();
    let recorder = EventRecorder::up_to(Level::TRACE);
    let guard = recorder.record();
    let set = MigrationSet::of("mine", &[Note::TABLE]).with_scripts(SCRIPTS);
    // The second script is wrong; the error of the database contains its text.
    store.migrate(&[set]).await.unwrap_err();
    drop(guard);
    let migrating = recorder
        .events()
        .into_iter()
        .filter(|event| event.target == "genledger::migration");
    let steps: Vec<String> = migrating
        .map(|event| {
            format!(
                "{} {}",
                event.get("message").unwrap(),
                event.get("step").unwrap()
            )
        })
        .collect();
    assert!(
        steps.iter().any(|step| step.contains("insert_a_note")),
        "{steps:?}"
    );
    let shown = format!("{:?}", recorder.events());
    assert!(
        !shown.contains("secret") && shown.contains("_genledger_migrations"),
        "{shown}"
    );
}
