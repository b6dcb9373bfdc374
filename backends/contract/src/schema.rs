//! The schema of a database: migrations, differences from the descriptions, and tables that exist already.

pub(crate) mod adoption;
mod check;
pub(crate) mod difference;
pub(crate) mod layout;
pub(crate) mod migration;
pub(crate) mod partition;

pub use adoption::{
    Adoption, Assignment, Check, Correction, Expects, Fill, Finding, NewValue, OtherIndexes,
    RenamedColumn, When,
};
pub use difference::{Difference, Severity};
pub use layout::{Layout, Placement};
pub use migration::{MigrationReport, Script};
pub use partition::{Month, Partition, Partitions};
