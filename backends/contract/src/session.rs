//! Where statements are executed: sessions and transactions, and what they return.

pub(crate) mod autocommit;
pub(crate) mod claimed;
pub(crate) mod ext;
pub(crate) mod read;
pub(crate) mod retry;
mod stream;
pub(crate) mod transaction;
pub(crate) mod update;

pub use autocommit::Autocommit;
pub use claimed::Claimed;
pub use read::Unreadable;
pub use retry::RetryPolicy;
pub use transaction::OwnTransaction;
