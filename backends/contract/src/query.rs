//! Typed conditions, pages, sums, changes and claims: what applications ask for, and what becomes a
//! [statement](crate::statement).

pub(crate) mod aggregate;
pub(crate) mod change;
pub(crate) mod claim;
mod condition;
pub(crate) mod explain;
pub(crate) mod filter;
pub(crate) mod key;
pub(crate) mod order;
pub(crate) mod page;
pub(crate) mod row_update;
pub(crate) mod text;

pub use crate::statement::predicate::depth::MAX_FILTER_DEPTH;
pub use crate::statement::validate::MAX_FILTER_VALUES;
pub use aggregate::{AggregateQuery, AggregateRow, Count};
pub use change::{Change, Changes};
pub use claim::ClaimQuery;
pub use explain::Explain;
pub use filter::Guard;
pub use order::Order;
pub use page::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE};
pub use row_update::RowUpdate;
pub use text::TextMatch;
