//! The tables of accounts and tasks of an existing generation service.

use genledger_contract::schema::{
    Adoption, Assignment, Check, Correction, Expects, NewValue, OtherIndexes, When,
};
use genledger_contract::table::DefaultValue;
use genledger_contract::{Entity, MigrationSet};

use crate::generation::{ImageTask, ProviderAccount, VideoTask};
use crate::schema::GENERATION;

/// NULL became another value than the default of the column.
const NULL: &str = "null_default";
/// There is no time.
const NO_TIME: &str = "no_time";

const fn set(column: &'static str, value: NewValue) -> Assignment {
    Assignment { column, value }
}

const fn number(column: &'static str, value: i64) -> Assignment {
    set(column, NewValue::Value(DefaultValue::Integer(value)))
}

const fn correction(
    column: &'static str,
    rule: &'static str,
    when: &'static [When],
    set: &'static [Assignment],
) -> Correction {
    Correction {
        column,
        rule,
        when,
        set,
    }
}

/// A time without a value becomes the other one, if that has one, and otherwise the time of the database.
const CREATED: [Correction; 4] = [
    correction(
        "create_time",
        NO_TIME,
        &[When::Missing("create_time"), When::Present("update_time")],
        &[set("create_time", NewValue::Column("update_time"))],
    ),
    correction(
        "create_time",
        NO_TIME,
        &[When::Missing("create_time")],
        &[set("create_time", NewValue::Now)],
    ),
    correction(
        "update_time",
        NO_TIME,
        &[When::Missing("update_time"), When::Present("create_time")],
        &[set("update_time", NewValue::Column("create_time"))],
    ),
    correction(
        "update_time",
        NO_TIME,
        &[When::Missing("update_time")],
        &[set("update_time", NewValue::Now)],
    ),
];

/// An account about which nothing is known is not used.
const INACTIVE: Correction = correction(
    "account_status",
    NULL,
    &[When::Missing("account_status")],
    &[number("account_status", 1)],
);

/// A task about which nothing is known has failed, unless it has a result.
const ENDED: Correction = correction(
    "generation_status",
    NULL,
    &[When::Missing("generation_status")],
    &[
        set(
            "error_code",
            NewValue::Value(DefaultValue::Text("lib:adopted")),
        ),
        number("generation_status", 3),
    ],
);

const COMPLETED: &[Assignment] = &[number("generation_status", 2)];

const fn completed(urls: &'static [When]) -> Correction {
    correction("generation_status", NULL, urls, COMPLETED)
}

const fn list(column: &'static str) -> Check {
    Check {
        column,
        rule: "not_a_list",
        expects: Expects::TextList,
    }
}

/// The documents of such services give two defaults, 4 and 6.
const RETRIES: Check = Check {
    column: "max_retry_count",
    rule: "other_than_default",
    expects: Expects::OneOf(&[4]),
};

const ACCOUNTS: Adoption = Adoption::of(ProviderAccount::TABLE, "jimeng_accounts_set_aside")
    .replacing_keys(&[&["session_id", "site_type"]])
    .newest_by("create_time")
    .correcting(&[CREATED[0], CREATED[1], CREATED[2], CREATED[3], INACTIVE])
    .checking(&[RETRIES])
    .reporting();

const TASK_KEY: &[&[&str]] = &[&["project_id", "storyboard_id", "is_deleted"]];

const IMAGES: Adoption = Adoption::of(ImageTask::TABLE, "jimeng_image_set_aside")
    .replacing_keys(TASK_KEY)
    .newest_by("create_time")
    .correcting(&[
        CREATED[0],
        CREATED[1],
        CREATED[2],
        CREATED[3],
        completed(&[
            When::Missing("generation_status"),
            When::HasItems("image_urls"),
        ]),
        ENDED,
    ])
    .checking(&[
        list("input_images"),
        list("image_urls"),
        list("image_local_paths"),
    ])
    .reporting();

const VIDEOS: Adoption = Adoption::of(VideoTask::TABLE, "jimeng_video_set_aside")
    .replacing_keys(TASK_KEY)
    .newest_by("create_time")
    .correcting(&[
        CREATED[0],
        CREATED[1],
        CREATED[2],
        CREATED[3],
        completed(&[
            When::Missing("generation_status"),
            When::HasItems("video_urls"),
        ]),
        ENDED,
    ])
    .checking(&[
        list("input_images"),
        list("video_urls"),
        list("video_local_paths"),
    ])
    .reporting();

/// The set of [`generation`](crate::schema::generation), which also adopts the tables of an existing service:
/// `jimeng_accounts`, `jimeng_image_generation_records` and `jimeng_video_generation_records`, with unique keys over all
/// rows, small columns, NULL in every column, and times in whole seconds. [`Adoption`] describes the steps.
///
/// Every changed value is reported in [`findings`](genledger_contract::schema::MigrationReport::findings), and so is what
/// is kept although this version cannot use it: codes and ids that it does not know, JSON that is not a list of texts,
/// and a `max_retry_count` other than 4. Adopted tasks cannot be claimed until
/// [`adopt_backlog`](crate::generation::GenerationLeases::adopt_backlog) says so, so the other program can continue.
///
/// A row that no account or task can have (a negative `generation_time`, a `max_retry_count` of 101) is moved to the
/// table `jimeng_accounts_set_aside`, `jimeng_image_set_aside` or `jimeng_video_set_aside`, and reported.
///
/// ```
/// use genledger::contract::schema::OtherIndexes;
/// use genledger::schema;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("sqlite::memory:").await?;
/// let sets = [schema::adopt_generation(OtherIndexes::Keep), schema::outbox()];
/// let report = store.migrate(&sets).await?;
/// for finding in report.findings.iter().chain(&report.set_aside) {
///     println!("{} {:?}: {} ({})", finding.table, finding.id, finding.column, finding.rule);
/// }
/// # store.close().await;
/// # Ok(())
/// # }
/// ```
#[must_use]
pub const fn adopt_generation(other_indexes: OtherIndexes) -> MigrationSet {
    const KEEP: &[Adoption] = &[ACCOUNTS, IMAGES, VIDEOS];
    const DROP: &[Adoption] = &[
        ACCOUNTS.with_other_indexes(OtherIndexes::Drop),
        IMAGES.with_other_indexes(OtherIndexes::Drop),
        VIDEOS.with_other_indexes(OtherIndexes::Drop),
    ];
    GENERATION.adopting(match other_indexes {
        OtherIndexes::Drop => DROP,
        _ => KEEP,
    })
}
