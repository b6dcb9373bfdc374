//! How the tables of existing gateways become those of this library.

mod generation;

use genledger_contract::schema::{Adoption, Fill, OtherIndexes, RenamedColumn};
use genledger_contract::table::DefaultValue;
use genledger_contract::{Entity, MigrationSet};

use super::{MIDJOURNEY, USAGE};
use crate::midjourney::MidjourneyTask;
use crate::usage::UsageLog;

pub use generation::adopt_generation;

const fn fill(column: &'static str, value: DefaultValue) -> Fill {
    Fill { column, value }
}

const EMPTY: DefaultValue = DefaultValue::Text("");
const LIST: DefaultValue = DefaultValue::Text("[]");
const NONE: DefaultValue = DefaultValue::Integer(0);

const LOGS: Adoption = Adoption::of(UsageLog::TABLE, "logs_set_aside")
    .renaming(&[RenamedColumn {
        from: "channel",
        to: "channel_id",
    }])
    .filling(&[fill("user_id", NONE), fill("content", EMPTY)]);

const TASKS: Adoption = Adoption::of(MidjourneyTask::TABLE, "midjourneys_set_aside").filling(&[
    fill("code", NONE),
    fill("user_id", NONE),
    fill("action", EMPTY),
    fill("prompt", EMPTY),
    fill("prompt_en", EMPTY),
    fill("description", EMPTY),
    fill("image_url", EMPTY),
    fill("video_url", EMPTY),
    fill("video_urls", LIST),
    fill("fail_reason", EMPTY),
    fill("buttons", LIST),
    fill("properties", DefaultValue::Text("{}")),
]);

/// The set of [`usage`](super::usage), which also adopts a table `logs` of an existing gateway: one with the column
/// `channel` or `channel_id`, with ids of 32 or 64 bits, without columns that came later, with NULL in any column, and
/// with times in milliseconds or microseconds. [`Adoption`] describes the steps.
///
/// NULL becomes the default of its column, `user_id` becomes 0 and `content` the empty text. A row without
/// `created_at`, or with a value that no usage log can have (a negative number of tokens, a type of more than 16 bits, a
/// user name of more than 255 characters), is moved to the table `logs_set_aside` and reported. `other` is kept as it is:
/// a text that is not JSON can still be read as a text.
///
/// The history is that of [`usage`](super::usage): afterwards `migrate(&[schema::usage()])` finds nothing to do.
///
/// ```
/// use genledger::contract::schema::OtherIndexes;
/// use genledger::schema;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("sqlite::memory:").await?;
/// let report = store.migrate(&[schema::adopt_usage(OtherIndexes::Keep)]).await?;
/// for row in &report.set_aside {
///     println!("{} {:?}: {} ({})", row.table, row.id, row.column, row.rule);
/// }
/// # store.close().await;
/// # Ok(())
/// # }
/// ```
#[must_use]
pub const fn adopt_usage(other_indexes: OtherIndexes) -> MigrationSet {
    const KEEP: &[Adoption] = &[LOGS];
    const DROP: &[Adoption] = &[LOGS.with_other_indexes(OtherIndexes::Drop)];
    USAGE.adopting(match other_indexes {
        OtherIndexes::Drop => DROP,
        _ => KEEP,
    })
}

/// The set of [`midjourney`](super::midjourney), which also adopts a table `midjourneys` of an existing gateway, with NULL
/// in any column, and with times in seconds or microseconds. [`Adoption`] describes the steps.
///
/// NULL becomes the default of its column, 0, an empty text or an empty JSON value. A row without `submit_time`, or with a
/// value that no task can have (a negative quota), is moved to the table `midjourneys_set_aside` and reported. Refunds of
/// tasks that ended before are not due.
///
/// ```
/// use genledger::contract::schema::OtherIndexes;
/// use genledger::schema;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> genledger::Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(&[schema::adopt_midjourney(OtherIndexes::Keep)]).await?;
/// assert!(store.migrate(&[schema::midjourney()]).await?.applied.is_empty());
/// # Ok(())
/// # }
/// ```
#[must_use]
pub const fn adopt_midjourney(other_indexes: OtherIndexes) -> MigrationSet {
    const KEEP: &[Adoption] = &[TASKS];
    const DROP: &[Adoption] = &[TASKS.with_other_indexes(OtherIndexes::Drop)];
    MIDJOURNEY.adopting(match other_indexes {
        OtherIndexes::Drop => DROP,
        _ => KEEP,
    })
}
