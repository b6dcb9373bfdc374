//! The statements of the contract: plain, owned data that a backend executes.
//!
//! A statement names columns by their position in its table and holds values that are already
//! encoded for them. It holds no closure and borrows nothing, so a backend may hand it to another
//! thread, keep it for another attempt, or join it with others.

mod aggregate;
mod change;
mod claim;
mod insert;
mod select;
mod validate;

pub use aggregate::{Aggregate, Group, Measure};
pub(crate) use change::assignments as change_assignments;
pub use change::{Action, Assignment, Change, Changes, Delete, Update, Upsert};
pub use claim::Claim;
pub use insert::{Duplicates, Insert, RowOutcome};
pub use select::{Direction, OrderBy, RowVisitor, Select};
pub use validate::{MAX_FILTER_VALUES, validate_predicate};
