//! Midjourney tasks of a model gateway: submitted to a proxy, polled until they end, refunded if they fail.
//!
//! | item | type |
//! |---|---|
//! | a row of the table `midjourneys` | [`MidjourneyTask`] |
//! | a new row | [`NewMidjourneyTask`], checked and converted into a row by an id generator |
//! | its codes | [`MidjourneyAction`], [`MidjourneyStatus`], [`MidjourneySubmitCode`], [`MidjourneyRefundState`] |
//! | its progress, and times that may be 0 | [`MidjourneyProgress`], [`MidjourneyTime`] |
//! | its JSON | [`MidjourneyButton`], [`MidjourneyVideo`], [`MidjourneyProperties`] |
//! | a report of upstream, and what became of it | [`MidjourneyChange`], [`MidjourneyOutcome`] |
//! | the verbs, on a store or in a transaction | [`MidjourneyTasks`]; as a trait, [`MidjourneyTaskRepository`] |
//! | conditions | [`MidjourneyTaskFilter`] for administrators, [`UserMidjourneyTaskFilter`] for users |
//! | the view of users | [`UserMidjourneyTask`] |
//! | refunds that are due | [`MidjourneyRefund`] |
//!
//! ```
//! use std::sync::Arc;
//!
//! use genledger::chrono::{TimeDelta, Utc};
//! use genledger::futures_util::TryStreamExt;
//! use genledger::midjourney::{
//!     MidjourneyAction, MidjourneyChange, MidjourneyOutcome, MidjourneySubmission, MidjourneySubmitCode,
//!     MidjourneyTasks, NewMidjourneyTask,
//! };
//! use genledger::prelude::*;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! let store = genledger::connect("memory:").await?;
//! store.migrate(&[genledger::schema::midjourney()]).await?;
//! let tasks = MidjourneyTasks::new(Arc::clone(&store));
//! let ids = UsageLogIdGenerator::system(NodeId::new(1)?);
//!
//! // Upstream has replied to a submission with a code and the id of its task.
//! let task = NewMidjourneyTask::new(MidjourneyAction::Imagine, MidjourneySubmitCode::Ok, 42)
//!     .mj_id("1320098173412546")
//!     .prompt("a cat")
//!     .channel_id(12)
//!     .quota(5_000)
//!     .into_task(&ids)?; // every broken rule is reported at once; the id is fixed here
//! assert_eq!(tasks.submit(&task).await?, MidjourneySubmission::New);
//!
//! // A process polls upstream for all open tasks, and reports what it finds. The reply to a poll is a change.
//! for task in tasks.stream_open().try_collect::<Vec<_>>().await? {
//!     let reply = r#"{"status":"IN_PROGRESS","progress":"46%","imageUrl":"https://cdn.example/46.webp"}"#;
//!     let change: MidjourneyChange = serde_json::from_str(reply).unwrap();
//!     assert_eq!(tasks.advance(task.id, &change, Utc::now()).await?, MidjourneyOutcome::Applied);
//! }
//!
//! // What upstream has forgotten ends after a while, and its quota is due.
//! let now = Utc::now() + TimeDelta::hours(1);
//! let swept = tasks.time_out(now - TimeDelta::minutes(30), "timed out", 1_000, now).await?;
//! assert_eq!((swept.ended, swept.refunds), (1, 1));
//! let late = MidjourneyChange::failure("banned");
//! assert!(matches!(tasks.advance(task.id, &late, now).await?, MidjourneyOutcome::Final(_)));
//!
//! // Each refund is given back once, in the transaction that credits it.
//! for refund in tasks.refunds_due(&Paging::first(100)).await?.items {
//!     let tasks = &tasks;
//!     let refunded = store
//!         .transaction(|tx| async move {
//!             let refund = tasks.within(&tx).settle_refund(refund.id).await?;
//!             // … credit `refund.quota` to `refund.user_id` in `tx` …
//!             Ok(refund)
//!         })
//!         .await?;
//!     assert_eq!(refunded.map(|refund| refund.quota), Some(5_000));
//! }
//! assert!(tasks.refunds_due(&Paging::first(100)).await?.items.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # Statuses
//!
//! | from | to |
//! |---|---|
//! | an open status, or a word that this version does not know, without a finish time | `NOT_START`, `SUBMITTED`, `MODAL`, `IN_PROGRESS`, if the progress is greater, or the same and the status not an earlier one |
//! | the same | `SUCCESS`, `FAILURE`, `CANCEL` |
//! | `SUCCESS`, `FAILURE`, `CANCEL` | none: they are final |
//!
//! An unfinished task is one whose status is not terminal, whatever its progress is.
//!
//! # Tables of other programs
//!
//! The table has the columns that such gateways have, and one more, `refund`, whose default is "nothing is owed": the
//! tasks that ended before it existed were refunded by the program that ended them. Progress, times of 0, and JSON of
//! other programs are read leniently, and the state machine reads no JSON. Of the indexes that such gateways have,
//! those of `action`, `start_time`, `finish_time` and `progress` are left out, since no verb selects by these columns
//! alone; those of `user_id`, `submit_time` and `status` continue with the order of the listing that they serve.

mod advance;
mod change;
mod codes;
mod filter;
mod new_task;
mod parts;
mod progress;
mod refund;
mod state;
mod submit;
mod task;
mod tasks;
mod time;
mod time_out;
mod view;

pub use change::{MidjourneyChange, MidjourneyOutcome};
pub use codes::{MidjourneyAction, MidjourneyRefundState, MidjourneyStatus, MidjourneySubmitCode};
pub use filter::{MidjourneyTaskFilter, UserMidjourneyTaskFilter};
pub use parts::{MidjourneyButton, MidjourneyProperties, MidjourneyVideo};
pub use progress::MidjourneyProgress;
pub use refund::MidjourneyRefund;
pub use submit::MidjourneySubmission;
pub use task::{MidjourneyTask, NewMidjourneyTask};
#[cfg(feature = "mock")]
pub use tasks::MockMidjourneyTaskRepository;
pub use tasks::{MidjourneyTaskRepository, MidjourneyTasks};
pub use time::MidjourneyTime;
pub use time_out::MidjourneyTimeOuts;
pub use view::UserMidjourneyTask;
