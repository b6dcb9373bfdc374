//! Before the adoption: the tables are read and compared.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono_tz::Tz;
use genledger::contract::query::Count;
use genledger::contract::schema::{Difference, Layout, Severity};
use genledger::paging::Paging;
use genledger::prelude::*;
use genledger::time::{Calendar, Period};
use genledger::usage::{UsageDimension, UsageGrouping};
use genledger_testkit::TestDatabase;

use crate::old_program::{Dialect, OldProgram};
use crate::rows::{Fate, insert_hostile};
use crate::tables::{Form, create_logs, quoted};

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
    let Some(mut old) = OldProgram::connect(&database.url).await else {
        return;
    };
    create_logs(&mut old, Form::Live).await;
    let rows = insert_hostile(&mut old, Form::Live).await;
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

    for size in [1, 3] {
        let found = listed(&logs, size).await;
        assert_eq!(found, (readable.clone(), rows.len() - readable.len()));
    }
    // The sums are those of all rows.
    for grouping in [
        UsageGrouping::new(),
        UsageGrouping::new().by(UsageDimension::User),
        UsageGrouping::new().per(Calendar::new(Period::Day, Tz::UTC)),
    ] {
        let groups = logs.totals(&UsageLogFilter::new(), &grouping).await;
        // On SQLite there is a text in the place of a user, which counts as no user.
        let groups = groups.unwrap();
        let distinct: BTreeSet<_> = groups.iter().map(|group| &group.group).collect();
        assert_eq!(distinct.len(), groups.len());
        let requests: i64 = groups.iter().map(|group| group.totals.requests).sum();
        let of_kind = "SELECT count(*) FROM logs WHERE type = 2";
        assert_eq!(requests, old.number(of_kind).await);
    }
    store.close().await;
}

/// A table without the columns of the library is an error that says so.
async fn a_documented_table_is_refused_until_it_is_adopted(database: TestDatabase) {
    let Some(mut old) = OldProgram::connect(&database.url).await else {
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

/// A view with the names of the library makes such a table one that can be listed, summed up and filtered.
async fn a_documented_table_is_listed_through_a_view(database: TestDatabase) {
    let Some(mut old) = OldProgram::connect(&database.url).await else {
        return;
    };
    create_logs(&mut old, Form::Documented).await;
    let rows = insert_hostile(&mut old, Form::Documented).await;
    let sql = old.sql();
    let text = if sql == Dialect::MySql {
        "CHAR"
    } else {
        "text"
    };
    let columns: Vec<String> = UsageLog::TABLE
        .columns
        .iter()
        .map(|column| match column.name {
            "channel_id" => "channel AS channel_id".to_owned(),
            "request_id" => format!("CAST(NULL AS {text}) AS request_id"),
            name => quoted(sql, name),
        })
        .collect();
    let columns = columns.join(", ");
    old.run(&format!(
        "CREATE VIEW named_logs AS SELECT {columns} FROM logs"
    ))
    .await;
    let layout = Layout::new().table::<UsageLog>("named_logs");
    let store = genledger::connect_with_layout(&database.url, &layout)
        .await
        .unwrap();
    let logs = UsageLogs::new(Arc::clone(&store));
    let (readable, bad) = listed(&logs, 3).await;
    assert_eq!(readable.len() + bad, rows.len());
    for row in rows.iter().filter(|row| row.fate == Fate::Readable) {
        assert!(readable.contains(&row.id), "{}", row.id);
    }
    let by_channel = UsageGrouping::new().by(UsageDimension::Channel);
    let groups = logs.totals(&UsageLogFilter::new(), &by_channel).await;
    let of_seven = "SELECT count(*) FROM logs WHERE type = 2 AND channel = 7";
    let of_seven = old.number(of_seven).await;
    let groups = groups.unwrap();
    let found = groups
        .iter()
        .find(|group| group.group.channel_id == Some(7));
    assert_eq!(found.unwrap().totals.requests, of_seven);
    store.close().await;
}

/// A difference: the item, its consequence and what is different.
type Named = (String, Severity, &'static str);

fn named(difference: &Difference) -> Named {
    let what = match (&*difference.expected, &*difference.found) {
        (_, "no such column") => "missing",
        ("NOT NULL", "NULL") => "null",
        ("a binary collation", _) => "collation",
        (expected, _) if expected.starts_with("a CHECK") => "check",
        (expected, _) if expected.starts_with("DEFAULT") => "default",
        (expected, _) if expected.starts_with("index") => "index",
        ("a table as the library makes it", "a table that is not STRICT") => "strict",
        _ => "type",
    };
    (difference.item.clone(), difference.severity, what)
}

/// The differences of a form on a database.
fn stated(sql: Dialect, form: Form) -> BTreeSet<Named> {
    use Severity::{Breaks, Differs, Slow};
    let mut all = BTreeSet::new();
    let mut add = |what, severity, items: &[&str]| {
        all.extend(
            items
                .iter()
                .map(|item| ((*item).to_owned(), severity, what)),
        );
    };
    let required = [
        "user_id",
        "created_at",
        "type",
        "content",
        "username",
        "token_name",
        "model_name",
        "quota",
        "prompt_tokens",
        "completion_tokens",
        "use_time",
        "is_stream",
        "token_id",
        "group",
    ];
    add("null", Breaks, &required);
    let ranges = ["prompt_tokens", "completion_tokens", "use_time"];
    add("check", Breaks, &ranges);
    for columns in [
        "created_at_id",
        "user_id_created_at_id",
        "model_name_created_at_id",
        "channel_id_created_at_id",
        "token_id_created_at_id",
        "request_id",
    ] {
        add("index", Slow, &[&format!("ix_logs_{columns}")]);
    }
    add("default", Differs, &["type", "is_stream", "group"]);
    let names = ["username", "token_name", "model_name"];
    match form {
        Form::Live => {
            add("null", Breaks, &["channel_id"]);
            add("default", Differs, &["channel_id"]);
        }
        Form::Documented => {
            add("missing", Breaks, &["channel_id", "request_id"]);
            add("default", Differs, &names);
            add("default", Differs, &["token_id"]);
        }
    }
    if sql == Dialect::Sqlite {
        add("strict", Differs, &[""]);
        add("check", Breaks, &["type", "is_stream"]);
        if form == Form::Live {
            // A type without a meaning; and a default that is spelled in another way.
            add("type", Breaks, &["is_stream"]);
            add("default", Differs, &names);
        }
        return all;
    }
    add("collation", Breaks, &["content", "group", "ip", "other"]);
    add("collation", Breaks, &names);
    match form {
        Form::Live => add("collation", Breaks, &["request_id"]),
        Form::Documented => {
            add("type", Breaks, &["id", "user_id", "quota", "token_id"]);
            add("type", Breaks, &ranges[..2]);
        }
    }
    if sql == Dialect::MySql {
        match form {
            Form::Live => {
                add("type", Breaks, &["group"]);
                add("type", Breaks, &names);
            }
            Form::Documented => add("type", Breaks, &["content", "other"]),
        }
    }
    all
}

/// Every difference is named, with its consequence.
async fn every_difference_is_named(database: TestDatabase) {
    let Some(mut old) = OldProgram::connect(&database.url).await else {
        return;
    };
    for form in [Form::Live, Form::Documented] {
        create_logs(&mut old, form).await;
        let store = genledger::connect(&database.url).await.unwrap();
        let differences = store.verify_schema(&[UsageLog::TABLE]).await.unwrap();
        let named: Vec<Named> = differences.iter().map(named).collect();
        let set: BTreeSet<Named> = named.iter().cloned().collect();
        assert_eq!(set.len(), named.len(), "{named:?}");
        assert_eq!(set, stated(old.sql(), form), "{form:?}");
        store.close().await;
        old.run("DROP TABLE logs").await;
    }
}

genledger_testkit::database_cases!(
    genledger_testkit::run_on_database;
    a_live_table_is_listed,
    a_documented_table_is_refused_until_it_is_adopted,
    a_documented_table_is_listed_through_a_view,
    every_difference_is_named
);
