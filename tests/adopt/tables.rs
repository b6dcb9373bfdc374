//! The tables as two programs create them.

use crate::old_program::{Dialect, OldProgram};

/// The form of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As the documentation of a gateway describes it: ids of 32 bits, the column `channel`, no columns that came later.
    Documented,
    /// As a live gateway has it: auto-increment ids, nothing is NOT NULL, later columns, and two of its own.
    Live,
}

const DOCUMENTED: &str = "CREATE TABLE logs (id INT PRIMARY KEY, user_id INT, created_at BIGINT, Qtype INT, \
    content TEXT, username VARCHAR(255), token_name VARCHAR(255), model_name VARCHAR(255), quota INT DEFAULT 0, \
    prompt_tokens INT DEFAULT 0, completion_tokens INT DEFAULT 0, use_time INT DEFAULT 0, is_stream BOOLEAN, \
    channel INT, token_id INT, QgroupQ VARCHAR(255), ip VARCHAR(255), other TEXT)";

const LIVE_SQLITE: &str = "CREATE TABLE logs (id integer PRIMARY KEY AUTOINCREMENT, user_id integer, \
    created_at bigint, type integer, content text, username text DEFAULT \"\", token_name text DEFAULT \"\", \
    model_name text DEFAULT \"\", quota integer DEFAULT 0, prompt_tokens integer DEFAULT 0, \
    completion_tokens integer DEFAULT 0, use_time integer DEFAULT 0, is_stream numeric, channel_id integer, \
    token_id integer DEFAULT 0, \"group\" text, ip text DEFAULT \"\", request_id varchar(64) DEFAULT \"\", \
    other text, region varchar(20) DEFAULT \"eu\", \"further one\" real)";

const LIVE_POSTGRES: &str = "CREATE TABLE logs (id bigserial PRIMARY KEY, user_id bigint, created_at bigint, \
    type bigint, content text, username text DEFAULT '', token_name text DEFAULT '', model_name text DEFAULT '', \
    quota bigint DEFAULT 0, prompt_tokens bigint DEFAULT 0, completion_tokens bigint DEFAULT 0, \
    use_time bigint DEFAULT 0, is_stream boolean, channel_id bigint, token_id bigint DEFAULT 0, \"group\" text, \
    ip text DEFAULT '', request_id varchar(64) DEFAULT '', other text, region varchar(20) DEFAULT 'eu', \
    \"further one\" double precision)";

const LIVE_MYSQL: &str = "CREATE TABLE logs (id bigint NOT NULL AUTO_INCREMENT, user_id bigint DEFAULT NULL, \
    created_at bigint DEFAULT NULL, type bigint DEFAULT NULL, content longtext, username varchar(191) DEFAULT '', \
    token_name varchar(191) DEFAULT '', model_name varchar(191) DEFAULT '', quota bigint DEFAULT 0, \
    prompt_tokens bigint DEFAULT 0, completion_tokens bigint DEFAULT 0, use_time bigint DEFAULT 0, \
    is_stream tinyint(1) DEFAULT NULL, channel_id bigint DEFAULT NULL, token_id bigint DEFAULT 0, \
    `group` varchar(191) DEFAULT NULL, ip varchar(191) DEFAULT '', request_id varchar(64) DEFAULT '', \
    other longtext, region varchar(20) DEFAULT 'eu', `further one` double DEFAULT NULL, PRIMARY KEY (id)) \
    ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_general_ci";

/// The ten columns with an index of their own.
const INDEXED: [&str; 10] = [
    "user_id",
    "created_at",
    "type",
    "username",
    "token_name",
    "model_name",
    "channel",
    "token_id",
    "group",
    "ip",
];

/// A quoted name.
pub(crate) fn quoted(sql: Dialect, name: &str) -> String {
    match sql {
        Dialect::MySql => format!("`{name}`"),
        Dialect::Sqlite | Dialect::Postgres => format!("\"{name}\""),
    }
}

/// The definition of `logs`.
pub(crate) fn definition(sql: Dialect, form: Form) -> String {
    match (form, sql) {
        (Form::Documented, _) => DOCUMENTED
            .replace("Qtype", "type")
            .replace("QgroupQ", &quoted(sql, "group")),
        (Form::Live, Dialect::Sqlite) => LIVE_SQLITE.to_owned(),
        (Form::Live, Dialect::Postgres) => LIVE_POSTGRES.to_owned(),
        (Form::Live, Dialect::MySql) => LIVE_MYSQL.to_owned(),
    }
}

/// Creates the table `logs` with its ten indexes.
pub(crate) async fn create_logs(old: &mut OldProgram, form: Form) {
    let sql = old.sql();
    let table = definition(sql, form);
    old.run(&table).await;
    for column in INDEXED {
        let column = match (form, column) {
            (Form::Live, "channel") => "channel_id",
            (_, column) => column,
        };
        let name = format!("idx_logs_{column}");
        let column = quoted(sql, column);
        old.run(&format!("CREATE INDEX {name} ON logs ({column})"))
            .await;
    }
}

const DOCUMENTED_TASKS: &str = "CREATE TABLE midjourneys (id INT PRIMARY KEY, user_id INT, action VARCHAR(40), \
    mj_id VARCHAR(255), prompt TEXT, prompt_en TEXT, state VARCHAR(20), submit_time BIGINT, start_time BIGINT, \
    finish_time BIGINT, image_url VARCHAR(255), status VARCHAR(20), progress VARCHAR(30), channel_id INT, quota INT)";

const LIVE_TASKS: &str = "CREATE TABLE midjourneys (ID, code bigint, user_id bigint, action varchar(40), \
    mj_id varchar(191), prompt LONG, prompt_en LONG, description LONG, state varchar(191), submit_time bigint, \
    start_time bigint, finish_time bigint, image_url varchar(512), video_url varchar(512), video_urls LONG, \
    status varchar(20), progress varchar(30), fail_reason LONG, channel_id bigint, quota bigint, buttons LONG, \
    properties LONG)";

/// Creates the table `midjourneys` with its eight indexes.
pub(crate) async fn create_tasks(old: &mut OldProgram, form: Form) {
    let (id, long) = match old.sql() {
        Dialect::Sqlite => ("id integer PRIMARY KEY AUTOINCREMENT", "text"),
        Dialect::Postgres => ("id bigserial PRIMARY KEY", "text"),
        Dialect::MySql => ("id bigint PRIMARY KEY AUTO_INCREMENT", "longtext"),
    };
    let table = match form {
        Form::Documented => DOCUMENTED_TASKS.to_owned(),
        Form::Live => LIVE_TASKS.replace("ID", id).replace("LONG", long),
    };
    old.run(&table).await;
    for column in [
        "user_id",
        "action",
        "mj_id",
        "submit_time",
        "start_time",
        "finish_time",
        "status",
        "progress",
    ] {
        let name = format!("idx_midjourneys_{column}");
        old.run(&format!("CREATE INDEX {name} ON midjourneys ({column})"))
            .await;
    }
}
