//! The tables of accounts and tasks as a service with a pool of accounts creates them on MySQL, and the corresponding ones
//! of other databases.

use crate::old_program::{Dialect, OldProgram};

pub(crate) const ACCOUNTS: &str = "jimeng_accounts";
pub(crate) const IMAGES: &str = "jimeng_image_generation_records";
pub(crate) const VIDEOS: &str = "jimeng_video_generation_records";

const CREATE_ACCOUNTS: &str = "CREATE TABLE jimeng_accounts (
    id VARCHAR(36) PRIMARY KEY,
    jimeng_account VARCHAR(100) NOT NULL,
    jimeng_account_type TINYINT(1) DEFAULT 0,
    session_id VARCHAR(200) NOT NULL,
    site_type TINYINT(1) DEFAULT 0,
    account_status TINYINT(1) DEFAULT 0,
    image_generation_status TINYINT(1) DEFAULT 1,
    video_generation_status TINYINT(1) DEFAULT 1,
    image_count INT DEFAULT 0,
    video_count INT DEFAULT 0,
    image_unavailable_time TIMESTAMP NULL,
    video_unavailable_time TIMESTAMP NULL,
    quota_reset_time TIMESTAMP NULL,
    priority INT DEFAULT 0,
    max_retry_count INT DEFAULT 4,
COMMON
    UNIQUE KEY uk_session_site (session_id, site_type),
    INDEX idx_account_status (account_status),
    INDEX idx_generation_status (image_generation_status, video_generation_status),
    INDEX idx_priority_create_time (priority DESC, create_time DESC)
)";

const CREATE_IMAGES: &str = "CREATE TABLE jimeng_image_generation_records (
    id VARCHAR(36) PRIMARY KEY,
    jimeng_accounts_id VARCHAR(36) NOT NULL,
    project_id VARCHAR(50) NOT NULL,
    project_name VARCHAR(50) NOT NULL,
    storyboard_id VARCHAR(50) NOT NULL,
    work_id VARCHAR(50) NOT NULL,
    model VARCHAR(50) NOT NULL,
    prompt TEXT NOT NULL,
    negative_prompt TEXT,
    ratio VARCHAR(10) DEFAULT '1:1',
    resolution VARCHAR(10) DEFAULT '2k',
    intelligent_ratio TINYINT(1) DEFAULT 0,
    sample_strength DECIMAL(3,2),
    response_format VARCHAR(20) DEFAULT 'url',
    input_images JSON,
    original_session_id VARCHAR(200),
    site_used TINYINT(1),
    generation_status TINYINT(1) DEFAULT 0,
    image_urls JSON,
    image_local_paths JSON,
    generation_time INT,
    error_code VARCHAR(20),
    error_message TEXT,
    site_switch_count INT DEFAULT 0,
    priority INT DEFAULT 0,
    callback_url VARCHAR(500),
COMMON
    INDEX idx_jimeng_accounts_id_status (jimeng_accounts_id, generation_status),
    UNIQUE KEY uk_project_storyboard (project_id, storyboard_id, is_deleted),
    INDEX idx_project_storyboard (project_id, storyboard_id),
    INDEX idx_status_create_time (generation_status, create_time)
)";

const CREATE_VIDEOS: &str = "CREATE TABLE jimeng_video_generation_records (
    id VARCHAR(36) PRIMARY KEY,
    jimeng_accounts_id VARCHAR(36) NOT NULL,
    project_id VARCHAR(50) NOT NULL,
    project_name VARCHAR(50) NOT NULL,
    storyboard_id VARCHAR(50) NOT NULL,
    work_id VARCHAR(50) NOT NULL,
    model VARCHAR(50) NOT NULL,
    prompt TEXT NOT NULL,
    negative_prompt TEXT,
    ratio VARCHAR(10) DEFAULT '16:9',
    resolution VARCHAR(10) DEFAULT '720p',
    duration INT DEFAULT 5,
    response_format VARCHAR(20) DEFAULT 'url',
    input_images JSON,
    original_session_id VARCHAR(200),
    site_used TINYINT(1),
    generation_status TINYINT(1) DEFAULT 0,
    remote_task_id VARCHAR(100),
    video_urls JSON,
    video_local_paths JSON,
    generation_time INT,
    error_code VARCHAR(20),
    error_message TEXT,
    site_switch_count INT DEFAULT 0,
    priority INT DEFAULT 0,
    callback_url VARCHAR(500),
COMMON
    INDEX idx_jimeng_accounts_id_status (jimeng_accounts_id, generation_status),
    UNIQUE KEY uk_project_storyboard (project_id, storyboard_id, is_deleted),
    INDEX idx_project_storyboard (project_id, storyboard_id),
    INDEX idx_status_create_time (generation_status, create_time),
    INDEX idx_remote_task_id (remote_task_id)
)";

const COMMON: &str = "    version INT DEFAULT 1,
    is_deleted TINYINT(1) DEFAULT 0,
    create_time TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    update_time TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    create_by VARCHAR(50),
    update_by VARCHAR(50),
    attr1 VARCHAR(255),
    attr2 VARCHAR(255),
    attr3 TEXT,
";

/// The statements that create a table; the indexes of other databases than MySQL have names with that of the table.
fn definition(sql: Dialect, table: &str) -> Vec<String> {
    let created = match table {
        ACCOUNTS => CREATE_ACCOUNTS,
        IMAGES => CREATE_IMAGES,
        _ => CREATE_VIDEOS,
    };
    let created = created.replace("COMMON\n", COMMON);
    if sql == Dialect::MySql {
        return vec![created];
    }
    let (mut lines, mut indexes) = (Vec::new(), Vec::new());
    for line in created.lines() {
        let plain = line.trim().trim_end_matches(',');
        if let Some(index) = plain.strip_prefix("INDEX ") {
            let (name, columns) = index.split_once(' ').unwrap();
            indexes.push(format!("CREATE INDEX {table}_{name} ON {table} {columns}"));
        } else if let Some(key) = plain.strip_prefix("UNIQUE KEY ") {
            let (name, columns) = key.split_once(' ').unwrap();
            // One of the two ways in which such a key exists.
            if table == VIDEOS {
                indexes.push(format!(
                    "CREATE UNIQUE INDEX {table}_{name} ON {table} {columns}"
                ));
            } else {
                lines.push(format!("UNIQUE {columns}"));
            }
        } else if plain.starts_with("CREATE") || plain == ")" {
        } else {
            lines.push(plain.to_owned());
        }
    }
    let body = lines
        .join(",\n    ")
        .replace(" ON UPDATE CURRENT_TIMESTAMP", "");
    let body = match sql {
        Dialect::Sqlite => body
            .replace("DEFAULT CURRENT_TIMESTAMP", "DEFAULT (unixepoch() * 1000)")
            .replace("TIMESTAMP", "INTEGER")
            .replace("DECIMAL(3,2)", "INTEGER")
            .replace("JSON", "TEXT"),
        Dialect::Postgres | Dialect::MySql => body
            .replace("TINYINT(1)", "smallint")
            .replace("DEFAULT CURRENT_TIMESTAMP", "DEFAULT now()")
            .replace("TIMESTAMP", "timestamptz")
            .replace("JSON", "json"),
    };
    let table = format!("CREATE TABLE {table} (\n    {body}\n)");
    [table].into_iter().chain(indexes).collect()
}

/// What the program has set on MySQL: dates of zero, and TIMESTAMP columns that can be NULL on both servers.
pub(crate) async fn permit_zero_dates(old: &mut OldProgram) {
    old.run(
        "SET SESSION sql_mode = '', explicit_defaults_for_timestamp = ON, time_zone = '+00:00'",
    )
    .await;
}

/// Creates the three tables.
pub(crate) async fn create(old: &mut OldProgram) {
    if old.sql() == Dialect::MySql {
        permit_zero_dates(old).await;
    }
    for table in [ACCOUNTS, IMAGES, VIDEOS] {
        for statement in definition(old.sql(), table) {
            old.run(&statement).await;
        }
    }
}
