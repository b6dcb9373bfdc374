//! Before the adoption: the tables are read and compared.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono_tz::Tz;
use genledger::contract::query::Count;
use genledger::paging::Paging;
use genledger::prelude::*;
use genledger::time::{Calendar, Period};
use genledger::usage::{UsageDimension, UsageGrouping};
use genledger_testkit::TestDatabase;

use crate::old_program::{OldProgram, Sql};
use crate::rows::{Fate, insert_hostile};
use crate::tables::{Form, create_logs};

/// The row without a time.
const TIMELESS: i64 = 5;

/// The readable rows of a list, and the number of those that are reported.
async fn listed(logs: &UsageLogs, size: u32) -> (BTreeSet<i64>, usize) {
    let (mut readable, mut bad) = (BTreeSet::new(), 0);
    let mut paging = Paging::first(size);
    loop {
        let page = logs.page(&UsageLogFilter::new(), &paging).await.unwrap();
        for item in &page.items {
            assert!(readable.insert(item.log.id.get()));
        }
        for error in &page.unreadable {
            assert_eq!(error.kind(), ErrorKind::Corrupt);
            assert_eq!(error.table(), Some("logs"));
        }
        bad += page.unreadable.len();
        let Some(next) = page.next else {
            return (readable, bad);
        };
        paging = paging.after(Some(next));
    }
}

/// A live table can be listed, counted and summed up as it is. Bad rows are reported, and hide nothing.
async fn a_live_table_is_listed(database: TestDatabase) {
    let Some(mut old) = OldProgram::open(&database).await else {
        return;
    };
    create_logs(&mut old, Form::Live).await;
    let mut rows = insert_hostile(&mut old, Form::Live).await;
    let store = genledger::connect(&database.url).await.unwrap();
    let logs = UsageLogs::new(Arc::clone(&store));
    let all = u64::try_from(rows.len()).unwrap();
    let count = logs.count(&UsageLogFilter::new(), 1_000).await.unwrap();
    assert_eq!(count, Count::Exactly(all));
    let (readable, bad) = listed(&logs, 100).await;
    assert_eq!(readable.len() + bad, rows.len());
    for row in rows.iter().filter(|row| row.fate == Fate::Readable) {
        assert!(readable.contains(&row.id), "{}", row.id);
    }

    // A row without a time has no place in the order of a list of several pages.
    old.run(&format!("DELETE FROM logs WHERE id = {TIMELESS}")).await;
    rows.retain(|row| row.id != TIMELESS);
    for size in [1, 3] {
        assert_eq!(listed(&logs, size).await, (readable.clone(), rows.len() - readable.len()));
    }
    // The sums are those of all rows. SQLite has a row whose user is a text, which is a group that cannot be read.
    if old.sql() != Sql::Sqlite {
        for grouping in [
            UsageGrouping::new(),
            UsageGrouping::new().by(UsageDimension::User),
            UsageGrouping::new().per(Calendar::new(Period::Day, Tz::UTC)),
        ] {
            let groups = logs.totals(&UsageLogFilter::new(), &grouping).await.unwrap();
            let requests: i64 = groups.iter().map(|group| group.totals.requests).sum();
            let of_kind = "SELECT count(*) FROM logs WHERE type = 2";
            assert_eq!(requests, old.number(of_kind).await);
        }
    }
    store.close().await;
}

/// A table without the columns of the library is an error that says so.
async fn a_documented_table_is_refused_until_it_is_adopted(database: TestDatabase) {
    let Some(mut old) = OldProgram::open(&database).await else {
        return;
    };
    create_logs(&mut old, Form::Documented).await;
    let store = genledger::connect(&database.url).await.unwrap();
    let logs = UsageLogs::new(Arc::clone(&store));
    let error = logs
        .page(&UsageLogFilter::new(), &Paging::first(10))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    store.close().await;
}

/// Every difference is named, with what it breaks.
async fn every_difference_is_named(database: TestDatabase) {
    let Some(mut old) = OldProgram::open(&database).await else {
        return;
    };
    for form in [Form::Live, Form::Documented] {
        create_logs(&mut old, form).await;
        let store = genledger::connect(&database.url).await.unwrap();
        let tables = [UsageLog::TABLE];
        let differences = store.verify_schema(&tables).await.unwrap();
        for difference in &differences {
            println!("{form:?} {difference}");
        }
        store.close().await;
        old.run("DROP TABLE logs").await;
    }
}

genledger_testkit::database_cases!(
    genledger_testkit::run_on_database;
    a_live_table_is_listed,
    a_documented_table_is_refused_until_it_is_adopted,
    every_difference_is_named
);
