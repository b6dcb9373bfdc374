//! Rows of accounts and tasks, with everything that such a service may have left.

use std::collections::{BTreeMap, BTreeSet};

use crate::generation_tables::{ACCOUNTS, IMAGES, VIDEOS};
use crate::old_program::{Dialect, OldProgram};

/// Noon, in seconds.
pub(crate) const NOON: i64 = 1_748_779_200;

/// What is reported: table, id, column and rule.
pub(crate) type Found = (String, String, String, String);

/// The id with a number.
pub(crate) fn id(number: u32) -> String {
    format!("0197a0f0-93c8-7f3b-8d0a-{number:012}")
}

/// A time, a number of seconds after noon.
pub(crate) fn time(sql: Dialect, seconds: i64) -> String {
    match sql {
        Dialect::Sqlite => format!("{}", (NOON + seconds) * 1_000),
        Dialect::Postgres => format!("to_timestamp({})", NOON + seconds),
        Dialect::MySql => format!("FROM_UNIXTIME({})", NOON + seconds),
    }
}

/// The rows of the tables, by their ids, and what an adoption finds in them.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) ids: BTreeMap<&'static str, BTreeSet<String>>,
    pub(crate) findings: BTreeSet<Found>,
    pub(crate) set_aside: BTreeSet<Found>,
}

impl Rows {
    /// Inserts a row; `false` if the key of the table refuses it.
    async fn insert(
        &mut self,
        old: &mut OldProgram,
        table: &'static str,
        id: &str,
        values: &[(&str, &str)],
    ) -> bool {
        let noon = time(old.sql(), 0);
        let mut row: BTreeMap<&str, String> = BTreeMap::new();
        let text = |value: &str| format!("'{value}'");
        row.insert("id", text(id));
        row.insert("create_time", noon.clone());
        row.insert("update_time", noon);
        if table == ACCOUNTS {
            row.insert("jimeng_account", text("a@example.com"));
            row.insert("session_id", format!("'secret-{id}'"));
        } else {
            row.insert("jimeng_accounts_id", text(&crate::generation_rows::id(1)));
            for column in ["project_id", "project_name", "work_id", "prompt"] {
                row.insert(column, text("p"));
            }
            row.insert(
                "storyboard_id",
                format!("'board-{id}'").replace("0197a0f0-93c8-7f3b-8d0a-", ""),
            );
            let model = if table == IMAGES {
                "jimeng-4.5"
            } else {
                "jimeng-video-3.0"
            };
            row.insert("model", text(model));
        }
        row.extend(
            values
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        let names: Vec<&str> = row.keys().copied().collect();
        let values: Vec<&str> = row.values().map(String::as_str).collect();
        let sql = format!(
            "INSERT INTO {table} ({}) VALUES ({})",
            names.join(", "),
            values.join(", ")
        );
        let inserted = old.try_run(&sql).await;
        let is_duplicate = |error: &String| error.contains("Duplicate entry");
        assert!(
            inserted.as_ref().err().is_none_or(is_duplicate),
            "{inserted:?}: {sql}"
        );
        if inserted.is_ok() {
            assert!(
                self.ids.entry(table).or_default().insert(id.to_owned()),
                "{id} twice"
            );
        }
        inserted.is_ok()
    }

    fn finds(&mut self, table: &str, id: &str, all: &[(&str, &str)]) {
        let found = all.iter().map(|(column, rule)| {
            let all = [table, id, column, rule].map(str::to_owned);
            let [table, id, column, rule] = all;
            (table, id, column, rule)
        });
        self.findings.extend(found);
    }

    fn moves(&mut self, table: &str, id: &str, column: &str, rule: &str) {
        let [table, id, column, rule] = [table, id, column, rule].map(str::to_owned);
        self.set_aside.insert((table, id, column, rule));
    }
}

const NULL: &str = "null_default";

/// Inserts the rows: good ones, and one or more for each rule.
pub(crate) async fn insert_hostile(old: &mut OldProgram) -> Rows {
    let mut rows = Rows::default();
    accounts(old, &mut rows).await;
    images(old, &mut rows).await;
    videos(old, &mut rows).await;
    rows
}

async fn accounts(old: &mut OldProgram, rows: &mut Rows) {
    let table = ACCOUNTS;
    rows.insert(old, table, &id(1), &[("session_id", "'s-1'")])
        .await;
    rows.insert(old, table, &id(2), &[("max_retry_count", "6")])
        .await;
    rows.finds(table, &id(2), &[("max_retry_count", "other_than_default")]);
    // Without a site, so that the key allows it, and newer.
    let later = time(old.sql(), 60);
    let same = [
        ("session_id", "'s-1'"),
        ("site_type", "NULL"),
        ("create_time", later.as_str()),
    ];
    rows.insert(old, table, &id(3), &same).await;
    rows.finds(
        table,
        &id(3),
        &[("site_type", NULL), ("is_deleted", "duplicate_live")],
    );
    rows.insert(old, table, &id(4), &[("account_status", "NULL")])
        .await;
    rows.finds(table, &id(4), &[("account_status", NULL)]);
    rows.insert(
        old,
        table,
        &id(5),
        &[("account_status", "7"), ("site_type", "9")],
    )
    .await;
    rows.finds(
        table,
        &id(5),
        &[
            ("account_status", "unrecognized_code"),
            ("site_type", "unrecognized_code"),
        ],
    );
    rows.insert(old, table, &id(6), &[("max_retry_count", "101")])
        .await;
    rows.moves(table, &id(6), "max_retry_count", "out_of_range");
    let nulls = [
        "jimeng_account_type",
        "image_generation_status",
        "video_generation_status",
        "image_count",
        "video_count",
        "priority",
        "max_retry_count",
        "version",
        "is_deleted",
    ];
    rows.insert(old, table, &id(7), &nulls.map(|column| (column, "NULL")))
        .await;
    rows.finds(table, &id(7), &nulls.map(|column| (column, NULL)));
    rows.insert(old, table, "1234567890123456789", &[]).await;
    rows.finds(table, "1234567890123456789", &[("id", "not_a_uuid")]);
}

#[expect(
    clippy::too_many_lines,
    reason = "a list of rows and what becomes of each"
)]
async fn images(old: &mut OldProgram, rows: &mut Rows) {
    let table = IMAGES;
    let later = time(old.sql(), 60);
    let newer = ("create_time", later.as_str());
    rows.insert(old, table, &id(1), &[]).await;
    // A second soft delete is pending: one row is deleted, the other one will be.
    rows.insert(old, table, &id(2), &[("storyboard_id", "'b-2'")])
        .await;
    let deleted = [("storyboard_id", "'b-2'"), ("is_deleted", "1")];
    rows.insert(old, table, &id(3), &deleted).await;
    // Without a status.
    let done = [
        ("generation_status", "NULL"),
        ("image_urls", "'[\"https://cdn.example/1.png\"]'"),
    ];
    rows.insert(old, table, &id(4), &done).await;
    rows.finds(table, &id(4), &[("generation_status", NULL)]);
    let nothing = [("generation_status", "NULL"), ("image_urls", "'[]'")];
    rows.insert(old, table, &id(5), &nothing).await;
    rows.finds(table, &id(5), &[("generation_status", NULL)]);
    rows.insert(old, table, &id(6), &[("generation_status", "9")])
        .await;
    rows.finds(table, &id(6), &[("generation_status", "unrecognized_code")]);
    // Neither live nor deleted: alone, two of one storyboard, and one beside a live row.
    rows.insert(old, table, &id(7), &[("is_deleted", "NULL")])
        .await;
    rows.finds(table, &id(7), &[("is_deleted", NULL)]);
    let neither = [("is_deleted", "NULL"), ("storyboard_id", "'b-8'")];
    rows.insert(old, table, &id(8), &neither).await;
    rows.finds(table, &id(8), &[("is_deleted", "duplicate_live")]);
    rows.insert(old, table, &id(9), &[neither[0], neither[1], newer])
        .await;
    rows.finds(table, &id(9), &[("is_deleted", NULL)]);
    let beside = [("is_deleted", "NULL"), ("storyboard_id", "'b-2'"), newer];
    rows.insert(old, table, &id(10), &beside).await;
    rows.finds(table, &id(10), &[("is_deleted", "duplicate_live")]);
    // MySQL keeps both of them; the keys of MariaDB ignore trailing spaces already.
    rows.insert(old, table, &id(11), &[("storyboard_id", "'b-11'")])
        .await;
    let spaced = [("storyboard_id", "'b-11  '"), newer];
    if rows.insert(old, table, &id(12), &spaced).await && old.sql() == Dialect::MySql {
        rows.finds(table, &id(11), &[("is_deleted", "trailing_space")]);
    }
    for (number, column, json) in [
        (13, "input_images", "'{\"a\": 1}'"),
        (14, "image_urls", "'[1]'"),
        (15, "image_local_paths", "'\"a\"'"),
    ] {
        rows.insert(old, table, &id(number), &[(column, json)])
            .await;
        rows.finds(table, &id(number), &[(column, "not_a_list")]);
    }
    let nulls = [
        "ratio",
        "resolution",
        "intelligent_ratio",
        "response_format",
        "site_switch_count",
        "priority",
        "version",
    ];
    rows.insert(old, table, &id(16), &nulls.map(|column| (column, "NULL")))
        .await;
    rows.finds(table, &id(16), &nulls.map(|column| (column, NULL)));
    rows.insert(old, table, &id(17), &[("generation_time", "-1")])
        .await;
    rows.moves(table, &id(17), "generation_time", "out_of_range");
    rows.insert(old, table, &id(18), &[("generation_status", "1")])
        .await;
    rows.insert(old, table, &id(19), &[("generation_status", "4")])
        .await;
    rows.insert(
        old,
        table,
        &id(20),
        &[("is_deleted", "2"), ("generation_status", "3")],
    )
    .await;
    if old.sql() != Dialect::Postgres {
        rows.finds(table, &id(20), &[("is_deleted", "not_boolean")]);
    }
    rows.insert(old, table, &id(21), &[("jimeng_accounts_id", "''")])
        .await;
    rows.finds(table, &id(21), &[("jimeng_accounts_id", "empty_id")]);
    rows.insert(
        old,
        table,
        &id(22),
        &[("create_time", "NULL"), ("update_time", &later)],
    )
    .await;
    rows.finds(table, &id(22), &[("create_time", "no_time")]);
    rows.insert(
        old,
        table,
        &id(23),
        &[("create_time", "NULL"), ("update_time", "NULL")],
    )
    .await;
    rows.finds(
        table,
        &id(23),
        &[("create_time", "no_time"), ("update_time", "no_time")],
    );
    if old.sql() == Dialect::MySql {
        let zero = ("create_time", "'0000-00-00 00:00:00'");
        rows.insert(old, table, &id(24), &[zero]).await;
        rows.finds(table, &id(24), &[("create_time", "no_time")]);
    }
    // SQLite stores hundredths.
    let strength = if old.sql() == Dialect::Sqlite {
        "50"
    } else {
        "0.5"
    };
    let other = [("ratio", "'5:4'"), ("sample_strength", strength)];
    rows.insert(old, table, &id(25), &other).await;
    let named = [("jimeng_accounts_id", "'account-7'")];
    rows.insert(old, table, &id(26), &named).await;
    rows.finds(table, &id(26), &[("jimeng_accounts_id", "not_a_uuid")]);
    rows.finds(table, &id(25), &[("ratio", "unrecognized_code")]);
}

async fn videos(old: &mut OldProgram, rows: &mut Rows) {
    let table = VIDEOS;
    rows.insert(old, table, &id(101), &[]).await;
    let sent = [("generation_status", "1"), ("remote_task_id", "'remote-2'")];
    rows.insert(old, table, &id(102), &sent).await;
    let retried = [("generation_status", "4"), ("remote_task_id", "'remote-3'")];
    rows.insert(old, table, &id(103), &retried).await;
    rows.insert(old, table, &id(104), &[("generation_status", "1")])
        .await;
    let done = [
        ("generation_status", "NULL"),
        ("video_urls", "'[\"https://cdn.example/1.mp4\"]'"),
    ];
    rows.insert(old, table, &id(105), &done).await;
    rows.finds(table, &id(105), &[("generation_status", NULL)]);
    rows.insert(
        old,
        table,
        &id(106),
        &[("duration", "NULL"), ("resolution", "NULL")],
    )
    .await;
    rows.finds(table, &id(106), &[("duration", NULL), ("resolution", NULL)]);
    // Its account is not known.
    let lost = [
        ("generation_status", "1"),
        ("remote_task_id", "'remote-7'"),
        (
            "jimeng_accounts_id",
            "'0197a0f0-93c8-7f3b-8d0a-000000000099'",
        ),
    ];
    rows.insert(old, table, &id(107), &lost).await;
}

/// Inserts further tasks, a third of them without a status and a fifth neither live nor deleted.
pub(crate) async fn insert_many(old: &mut OldProgram, number: u32) {
    for start in (0..number).step_by(500) {
        let rows: Vec<String> = (start..number.min(start + 500))
            .map(|index| {
                let status = if index % 3 == 0 { "NULL" } else { "3" };
                let deleted = if index % 5 == 0 { "NULL" } else { "0" };
                let time = time(old.sql(), 0);
                format!(
                    "('{}', '{}', 'many', 'p', 'board-{index}', 'w', 'jimeng-4.5', 'p', {status}, \
                     {deleted}, {time}, {time})",
                    id(1_000_000 + index),
                    id(1)
                )
            })
            .collect();
        let sql = format!(
            "INSERT INTO {IMAGES} (id, jimeng_accounts_id, project_id, project_name, storyboard_id, \
             work_id, model, prompt, generation_status, is_deleted, create_time, update_time) VALUES {}",
            rows.join(", ")
        );
        old.run(&sql).await;
    }
}
