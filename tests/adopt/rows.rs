//! Rows that no description permits, and what becomes of each.

use crate::old_program::{Dialect, OldProgram};
use crate::tables::{Form, quoted};

/// Noon of a day in unix seconds.
pub(crate) const NOON: i64 = 1_750_075_200;

/// The last number that the database has given to a row of a live table, which was deleted since.
pub(crate) const LAST: i64 = 90_000;

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It can be read, also before the adoption.
    Readable,
    /// It can be read after the adoption.
    Repaired,
    /// It is set aside with a column and a rule.
    SetAside(&'static str, &'static str),
}

/// A row: its id, the values of some columns as SQL, and its fate. All other columns have good values.
pub(crate) struct OldRow {
    pub(crate) id: i64,
    pub(crate) values: Vec<(&'static str, String)>,
    pub(crate) fate: Fate,
}

fn row(id: i64, fate: Fate, values: &[(&'static str, &str)]) -> OldRow {
    let values = values
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    OldRow {
        id,
        values: values.collect(),
        fate,
    }
}

/// The columns of `logs` that both forms have, with good values.
const COLUMNS: [(&str, &str); 17] = [
    ("user_id", "42"),
    ("created_at", "1750075200"),
    ("type", "2"),
    ("content", "'text'"),
    ("username", "'alice'"),
    ("token_name", "'token'"),
    ("model_name", "'gpt-4'"),
    ("quota", "10"),
    ("prompt_tokens", "3"),
    ("completion_tokens", "2"),
    ("use_time", "1"),
    ("is_stream", "TRUE"),
    ("channel_id", "7"),
    ("token_id", "9"),
    ("group", "'vip'"),
    ("ip", "''"),
    ("other", "'{\"frt\": 5}'"),
];

/// The rows of a form on a database, in the order of their ids.
pub(crate) fn hostile(sql: Dialect, form: Form) -> Vec<OldRow> {
    use Fate::{Readable, Repaired, SetAside};
    let nulls: Vec<(&str, &str)> = COLUMNS
        .iter()
        .filter(|(name, _)| *name != "created_at")
        .map(|(name, _)| (*name, "NULL"))
        .collect();
    let seconds = NOON.to_string();
    let (millis, micros) = (format!("{seconds}123"), format!("{seconds}123456"));
    let nanos = format!("{seconds}123456789");
    let mut all = vec![
        row(1, Readable, &[]),
        row(2, Repaired, &nulls),
        row(3, Repaired, &[("created_at", &millis)]),
        row(4, Repaired, &[("created_at", &micros)]),
        row(
            5,
            SetAside("created_at", "required"),
            &[("created_at", "NULL")],
        ),
        row(6, Readable, &[("type", "77")]),
        row(7, SetAside("type", "out_of_range"), &[("type", "70000")]),
        row(8, Readable, &[("quota", "-500")]),
        row(
            9,
            SetAside("prompt_tokens", "out_of_range"),
            &[("prompt_tokens", "-1")],
        ),
        row(10, Readable, &[("other", "'not JSON {'")]),
        row(11, Readable, &[("other", "''")]),
        row(
            12,
            SetAside("created_at", "out_of_range"),
            &[("created_at", &format!("-{micros}"))],
        ),
        row(13, Repaired, &[("created_at", &nanos), ("user_id", "NULL")]),
        // Both are violated; the first column is reported.
        row(
            14,
            SetAside("prompt_tokens", "out_of_range"),
            &[("prompt_tokens", "-7"), ("use_time", "-7")],
        ),
    ];
    if form == Form::Live {
        all.push(row(
            20,
            SetAside("use_time", "out_of_range"),
            &[("use_time", "3000000000")],
        ));
        all.push(row(
            21,
            Readable,
            &[
                ("request_id", "'request-21'"),
                ("region", "'us'"),
                ("further one", "1.5"),
            ],
        ));
    }
    if sql != Dialect::Postgres {
        let column = if sql == Dialect::Sqlite { "9" } else { "2" };
        all.push(row(
            30,
            SetAside("is_stream", "out_of_range"),
            &[("is_stream", column)],
        ));
    }
    if sql == Dialect::Sqlite || sql == Dialect::Postgres && form == Form::Live {
        let long = format!("'{}'", "ü".repeat(256));
        all.push(row(
            31,
            SetAside("username", "too_long"),
            &[("username", &long)],
        ));
    }
    if sql == Dialect::Sqlite {
        all.push(row(
            40,
            SetAside("content", "invalid_utf8"),
            &[("content", "CAST(x'41ff42' AS TEXT)")],
        ));
        all.push(row(
            41,
            SetAside("user_id", "wrong_type"),
            &[("user_id", "'some user'")],
        ));
        all.push(row(
            42,
            SetAside("username", "wrong_type"),
            &[("username", "x'41ff42'")],
        ));
    }
    all
}

/// The statement that inserts a row; without an id the database numbers it.
pub(crate) fn insert(
    sql: Dialect,
    form: Form,
    id: Option<i64>,
    values: &[(&'static str, String)],
) -> String {
    let mut columns: Vec<(&str, String)> = COLUMNS
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    for (name, value) in values {
        columns.retain(|(column, _)| column != name);
        columns.push((name, value.clone()));
    }
    if let Some(id) = id {
        columns.push(("id", id.to_string()));
    }
    let name = |name: &str| match (form, name) {
        (Form::Documented, "channel_id") => "channel".to_owned(),
        (_, name) => quoted(sql, name),
    };
    let names: Vec<String> = columns.iter().map(|(column, _)| name(column)).collect();
    let values: Vec<&str> = columns.iter().map(|(_, value)| value.as_str()).collect();
    format!(
        "INSERT INTO logs ({}) VALUES ({})",
        names.join(", "),
        values.join(", ")
    )
}

/// Inserts the rows.
pub(crate) async fn insert_hostile(old: &mut OldProgram, form: Form) -> Vec<OldRow> {
    let rows = hostile(old.sql(), form);
    for row in &rows {
        let sql = insert(old.sql(), form, Some(row.id), &row.values);
        old.run(&sql).await;
    }
    rows
}

/// Inserts rows with ids from 1,001, every third with a time in milliseconds and every fifth with NULLs.
pub(crate) async fn insert_many(old: &mut OldProgram, form: Form, rows: i64) {
    let channel = match form {
        Form::Documented => "channel",
        Form::Live => "channel_id",
    };
    let ids: Vec<i64> = (1_001..=1_000 + rows).collect();
    for ids in ids.chunks(1_000) {
        let values: Vec<String> = ids
            .iter()
            .map(|id| {
                let time = NOON + id;
                let time = if id % 3 == 0 { time * 1_000 } else { time };
                let quota = if id % 5 == 0 { "NULL" } else { "10" };
                format!(
                    "({id}, 42, {time}, 2, {quota}, 3, 2, {channel})",
                    channel = id % 7
                )
            })
            .collect();
        old.run(&format!(
            "INSERT INTO logs (id, user_id, created_at, type, quota, prompt_tokens, completion_tokens, {channel}) \
             VALUES {}",
            values.join(", ")
        ))
        .await;
    }
    count_on(old, form).await;
}

/// Lets the numbers of a live table begin after its rows, of which the last one was deleted.
async fn count_on(old: &mut OldProgram, form: Form) {
    match (form, old.sql()) {
        (Form::Documented, _) => {}
        (Form::Live, Dialect::Postgres) => {
            let last = format!("SELECT setval(pg_get_serial_sequence('logs', 'id'), {LAST})");
            old.run(&last).await;
        }
        (Form::Live, Dialect::Sqlite | Dialect::MySql) => {
            let sql = insert(old.sql(), form, Some(LAST), &[]);
            old.run(&sql).await;
            old.run(&format!("DELETE FROM logs WHERE id = {LAST}"))
                .await;
        }
    }
}
