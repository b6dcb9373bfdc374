//! The tables of accounts and tasks are adopted: before it they are compared, no row is lost, everything is reported,
//! and tasks can be claimed.

use std::collections::BTreeSet;
use std::sync::Arc;

use genledger::contract::schema::{Finding, MigrationReport, OtherIndexes, Severity};
use genledger::contract::{CodedEnum, MigrationSet, SessionExt};
use genledger::generation::{
    AccountStatus, Claim, Claimed, Edit, GenerationAttempt, GenerationLeases, GenerationStatus,
    GenerationTaskFilter, GenerationTasks, ImageTask, ProviderAccount, ProviderAccountFilter,
    ProviderAccounts, Resolution, SubmitState, TaskReady, VideoTask,
};
use genledger::paging::Paging;
use genledger::prelude::*;
use genledger::schema;
use genledger::uuid::Uuid;
use genledger_testkit::TestDatabase;

use crate::generation_rows::{Found, Rows, id, insert_hostile, insert_many};
use crate::generation_tables::{ACCOUNTS, IMAGES, VIDEOS, create};
use crate::old_program::{Dialect, OldProgram};

const MANY: u32 = 2_300;

pub(crate) fn sets() -> [MigrationSet; 2] {
    [
        schema::adopt_generation(OtherIndexes::Keep),
        schema::outbox(),
    ]
}

/// A table, and the one for its rows that were set aside.
pub(crate) const TABLES: [(&str, &str); 3] = [
    (ACCOUNTS, "jimeng_accounts_set_aside"),
    (IMAGES, "jimeng_image_set_aside"),
    (VIDEOS, "jimeng_video_set_aside"),
];

fn found(findings: &[Finding]) -> BTreeSet<Found> {
    let all = findings.iter().map(|one| {
        let id = one.id.clone().unwrap();
        (one.table.clone(), id, one.column.clone(), one.rule.clone())
    });
    all.filter(|(_, id, ..)| !id.starts_with(&crate::generation_rows::id(1_000_000)[..30]))
        .collect()
}

/// Checks that the report has every finding, and no value.
pub(crate) fn assert_reported(report: &MigrationReport, rows: &Rows) {
    let findings = found(&report.findings);
    let missing: Vec<_> = rows.findings.difference(&findings).collect();
    let other: Vec<_> = findings.difference(&rows.findings).collect();
    assert!(
        missing.is_empty() && other.is_empty(),
        "missing {missing:#?}, other {other:#?}"
    );
    assert_eq!(found(&report.set_aside), rows.set_aside);
    let text = format!("{report:?}");
    assert!(!text.contains("secret-") && !text.contains("cdn.example"));
}

/// Checks that each row is in its table or was set aside, once.
pub(crate) async fn assert_complete(old: &mut OldProgram, rows: &Rows) {
    for (table, aside) in TABLES {
        let mut ids = Vec::new();
        for table in [table, aside] {
            let ids_of = format!("SELECT id FROM {table} WHERE id NOT LIKE '%-000001______'");
            ids.extend(old.texts(&ids_of).await.into_iter().flatten());
        }
        let unique: BTreeSet<String> = ids.iter().cloned().collect();
        assert_eq!(unique.len(), ids.len(), "{table}: a row is there twice");
        assert_eq!(unique, rows.ids[table], "{table}");
    }
}

pub(crate) async fn assert_form(store: &Arc<dyn Store>) {
    for difference in store
        .verify_schema(schema::generation().tables)
        .await
        .unwrap()
    {
        println!("{difference}");
        assert_eq!(difference.severity, Severity::Differs, "{difference}");
    }
}

/// The table opens; the comparison names what is missing, and listings say so.
async fn a_table_that_was_not_adopted_is_compared(database: TestDatabase) {
    let Some(mut old) = OldProgram::connect(&database.url).await else {
        return;
    };
    create(&mut old).await;
    insert_hostile(&mut old).await;
    let store = genledger::connect(&database.url).await.unwrap();
    let tasks = GenerationTasks::<ImageTask>::new(Arc::clone(&store));
    let listed = tasks
        .page(&GenerationTaskFilter::new(), &Paging::first(10))
        .await;
    assert_eq!(listed.unwrap_err().kind(), ErrorKind::Schema);
    let accounts = ProviderAccounts::new(Arc::clone(&store));
    let listed = accounts
        .page(&ProviderAccountFilter::new(), &Paging::first(10))
        .await;
    assert_eq!(listed.unwrap_err().kind(), ErrorKind::Schema);
    let different = store
        .verify_schema(schema::generation().tables)
        .await
        .unwrap();
    let breaks = |table: &str, item: &str| {
        let mut all = different.iter();
        let one = all.find(|one| one.table == table && one.item == item);
        assert!(
            one.is_some_and(|one| one.severity == Severity::Breaks),
            "{table}.{item}: {one:?}"
        );
    };
    for column in [
        "time_zone",
        "weight",
        "image_limit",
        "image_active",
        "lease_seq",
    ] {
        breaks(ACCOUNTS, column);
    }
    breaks(ACCOUNTS, "uk_session_site");
    breaks(IMAGES, "uk_image_project_storyboard");
    breaks(VIDEOS, "uk_video_project_storyboard");
    for table in [IMAGES, VIDEOS] {
        for column in [
            "ready",
            "account_type",
            "attempt_id",
            "jimeng_accounts_id",
            "is_deleted",
        ] {
            breaks(table, column);
        }
    }
    store.close().await;
}

async fn accounts_and_tasks_are_adopted_without_losing_a_row(database: TestDatabase) {
    let Some(mut old) = OldProgram::connect(&database.url).await else {
        return;
    };
    create(&mut old).await;
    let rows = insert_hostile(&mut old).await;
    insert_many(&mut old, MANY).await;
    let touched =
        "SELECT count(*) FROM jimeng_image_generation_records WHERE update_time > create_time";
    let touched_before = old.number(touched).await;
    let store = genledger::connect(&database.url).await.unwrap();
    let report = store.migrate(&sets()).await.unwrap();
    println!("{:?}", report.applied);
    // The list of a table is cut off.
    assert!(report.findings_count > 1_000);
    old.run("DELETE FROM _genledger_findings WHERE row_id LIKE '%-000001______'")
        .await;

    // Nothing is left to do, and it is reported again.
    let again = store.migrate(&sets()).await.unwrap();
    assert_eq!((again.applied.clone(), again.repaired), (vec![], 0));
    assert_reported(&again, &rows);
    let usual = [schema::generation(), schema::outbox()];
    assert_eq!(
        store.migrate(&usual).await.unwrap(),
        MigrationReport::default()
    );
    assert_form(&store).await;
    assert_complete(&mut old, &rows).await;
    let many =
        "SELECT count(*) FROM jimeng_image_generation_records WHERE id LIKE '%-000001______'";
    assert_eq!(old.number(many).await, i64::from(MANY));
    // Only the row without both times has another one.
    assert!(old.number(touched).await <= touched_before + 1);

    values(&store).await;
    second_delete(&store, &mut old).await;
    inserts(&mut old).await;
    store.close().await;
}

async fn image(store: &Arc<dyn Store>, number: u32) -> ImageTask {
    let id: genledger::id::ImageTaskId = id(number).parse().unwrap();
    GenerationTasks::new(Arc::clone(store))
        .get(id)
        .await
        .unwrap()
}

async fn account(store: &Arc<dyn Store>, number: u32) -> ProviderAccount {
    let id: genledger::id::ProviderAccountId = id(number).parse().unwrap();
    ProviderAccounts::new(Arc::clone(store))
        .get(id)
        .await
        .unwrap()
}

/// The stated values.
async fn values(store: &Arc<dyn Store>) {
    let status = async |number| image(store, number).await.state.generation_status;
    assert_eq!(status(4).await, GenerationStatus::Completed);
    assert_eq!(status(5).await, GenerationStatus::Failed);
    let failed = image(store, 5).await.state.error_code;
    assert_eq!(failed.as_deref(), Some("lib:adopted"));
    assert_eq!(image(store, 4).await.state.error_code, None);
    assert!(!GenerationStatus::KNOWN.contains(&status(6).await));
    for (number, deleted) in [
        (2, false),
        (3, true),
        (7, false),
        (8, true),
        (9, false),
        (10, true),
        (20, true),
    ] {
        let task = image(store, number).await;
        assert_eq!(task.stamps.is_deleted, deleted, "{number}");
    }
    assert!(image(store, 13).await.input_images.raw().is_some());
    assert!(image(store, 14).await.image_urls.raw().is_some());
    assert_eq!(image(store, 21).await.state.jimeng_accounts_id, None);
    let created = image(store, 22).await.stamps;
    assert_eq!(created.create_time, created.update_time);
    assert!(image(store, 23).await.stamps.create_time > created.create_time);
    assert_eq!(
        image(store, 25)
            .await
            .sample_strength
            .map(|one| one.to_string()),
        Some("0.50".to_owned())
    );
    assert_eq!(
        account(store, 4).await.account_status,
        AccountStatus::Inactive
    );
    assert_eq!(account(store, 2).await.max_retry_count, 6);
    assert!(
        !account(store, 1).await.stamps.is_deleted && account(store, 3).await.stamps.is_deleted
    );

    // The row whose id is not known is listed apart, and hides no other one.
    let accounts = ProviderAccounts::new(Arc::clone(store));
    let page = accounts
        .page(&ProviderAccountFilter::new(), &Paging::first(100))
        .await
        .unwrap();
    assert_eq!((page.items.len(), page.unreadable.len()), (5, 1));
}

/// A storyboard can be deleted a second time, and is then free.
async fn second_delete(store: &Arc<dyn Store>, old: &mut OldProgram) {
    let tasks = GenerationTasks::<ImageTask>::new(Arc::clone(store));
    let task = image(store, 2).await;
    let edit = Edit::of_version(task.version);
    assert!(
        tasks
            .delete(task.id, &edit)
            .await
            .unwrap()
            .stamps
            .is_deleted
    );
    let deleted =
        "SELECT count(*) FROM jimeng_image_generation_records WHERE storyboard_id = 'b-2'";
    assert_eq!(old.number(deleted).await, 3);
}

/// The other program still inserts rows, without the columns that have defaults, and the key of live rows holds for it.
async fn inserts(old: &mut OldProgram) {
    let insert = |number: u32| {
        format!(
            "INSERT INTO {IMAGES} (id, jimeng_accounts_id, project_id, project_name, storyboard_id, \
             work_id, model, prompt) VALUES \
             ('{}', '{}', 'p', 'p', 'late', 'w', 'jimeng-4.5', 'p')",
            id(number),
            id(1)
        )
    };
    old.run(&insert(30)).await;
    assert!(old.try_run(&insert(31)).await.is_err());
    let late = format!(
        "FROM {IMAGES} WHERE id = '{}' AND create_time = update_time",
        id(30)
    );
    assert_eq!(old.number(&format!("SELECT count(*) {late}")).await, 1);
    if old.sql() == Dialect::MySql {
        // The database still sets the time of a change, if the program does not.
        let then = format!(
            "update_time = '2025-01-01 00:00:00' WHERE id = '{}'",
            id(30)
        );
        old.run(&format!("UPDATE {IMAGES} SET {then}")).await;
        old.run(&format!(
            "UPDATE {IMAGES} SET attr1 = 'x' WHERE id = '{}'",
            id(30)
        ))
        .await;
        assert_eq!(old.number(&format!("SELECT count(*) {late}")).await, 0);
        let year = format!(
            "SELECT YEAR(update_time) FROM {IMAGES} WHERE id = '{}'",
            id(30)
        );
        assert!(old.number(&year).await > 2025);
    }
}

/// The pool of an adopted table works: what was pending is claimed, and what the provider has is resumed.
#[expect(clippy::too_many_lines, reason = "what becomes of each row")]
async fn the_backlog_is_claimed(database: TestDatabase) {
    let Some(mut old) = OldProgram::connect(&database.url).await else {
        return;
    };
    create(&mut old).await;
    insert_hostile(&mut old).await;
    let store = genledger::connect(&database.url).await.unwrap();
    store.migrate(&sets()).await.unwrap();
    let claim = || Claim::new("worker-1", Uuid::now_v7()).n(100);

    let videos = GenerationLeases::<VideoTask>::new(Arc::clone(&store));
    let empty = videos.claim(&claim()).await.unwrap();
    assert!(matches!(empty, Claimed::Empty(_)), "{empty:?}");
    let all = GenerationTaskFilter::new();
    let error = videos.adopt_backlog(&all, 0).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let other = GenerationTaskFilter::new().project_id("another");
    assert_eq!(
        videos.adopt_backlog(&other, 10).await.unwrap(),
        Default::default()
    );
    // In rounds.
    let mut rounds = Vec::new();
    loop {
        let round = videos.adopt_backlog(&all, 2).await.unwrap();
        assert_eq!(round.errors, []);
        rounds.push([round.ready, round.due, round.resumed, round.undecided]);
        if !round.more {
            break;
        }
    }
    let sum = |index: usize| rounds.iter().map(|round| round[index]).sum::<u32>();
    assert_eq!([sum(0), sum(1), sum(2), sum(3)], [2, 0, 2, 2], "{rounds:?}");
    assert!(rounds.len() >= 3, "{rounds:?}");
    assert_eq!(
        videos.adopt_backlog(&all, 1_000).await.unwrap(),
        Default::default()
    );
    // Three of them take slots of the account, beyond its limit.
    assert_eq!(account(&store, 1).await.usage.video_active, 3);
    assert_eq!(videos.audit_slots().await.unwrap(), []);

    let Claimed::Leased(leased) = videos.claim(&claim()).await.unwrap() else {
        panic!("nothing is claimed");
    };
    let resumed: Vec<_> = leased
        .iter()
        .filter(|leased| leased.submit_state == SubmitState::Accepted)
        .map(|leased| {
            (
                leased.task.id.to_string(),
                leased.task.state.remote_task_id.clone(),
            )
        })
        .collect();
    assert_eq!(
        resumed,
        [
            (id(102), Some("remote-2".to_owned())),
            (id(103), Some("remote-3".to_owned()))
        ]
    );
    let undecided: VideoTask = {
        let id: genledger::id::VideoTaskId = id(104).parse().unwrap();
        GenerationTasks::new(Arc::clone(&store))
            .get(id)
            .await
            .unwrap()
    };
    assert_eq!(undecided.state.ready, TaskReady::Undecided);
    let edit = Edit::of_version(undecided.version);
    let retried = videos
        .resolve(undecided.id, &edit, &Resolution::NotSent)
        .await
        .unwrap();
    assert_eq!(retried.state.generation_status, GenerationStatus::Retrying);
    let attempt: GenerationAttempt = store
        .session()
        .get(&retried.state.attempt_id.unwrap())
        .await
        .unwrap();
    assert!(attempt.outcome.is_some());
    assert_eq!(videos.audit_slots().await.unwrap(), []);

    let images = GenerationLeases::<ImageTask>::new(Arc::clone(&store));
    let adopted = images
        .adopt_backlog(&GenerationTaskFilter::new(), 1_000)
        .await
        .unwrap();
    assert_eq!((adopted.due, adopted.resumed, adopted.undecided), (1, 0, 1));
    // One of them names an account whose id cannot be read.
    assert_eq!((adopted.errors.len(), adopted.more), (1, false));
    assert_eq!(adopted.errors[0].kind(), ErrorKind::Corrupt);
    assert_eq!(adopted.ready, 14);
    let Claimed::Leased(leased) = images.claim(&claim()).await.unwrap() else {
        panic!("nothing is claimed");
    };
    assert!(
        leased
            .iter()
            .all(|leased| leased.task.id.to_string() != id(6))
    );
    for one in &leased {
        images.start(&one.lease).await.unwrap();
    }
    assert_eq!(images.audit_slots().await.unwrap(), []);
    store.close().await;
}

genledger_testkit::database_cases!(
    genledger_testkit::run_on_database;
    a_table_that_was_not_adopted_is_compared,
    accounts_and_tasks_are_adopted_without_losing_a_row,
    the_backlog_is_claimed
);
