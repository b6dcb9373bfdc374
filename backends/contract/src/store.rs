//! Stores: where sessions and transactions come from, and the rows of one entity as a value.

pub(crate) mod base;
pub(crate) mod capability;
pub(crate) mod clock;
mod closure;
pub(crate) mod ext;
pub(crate) mod once;
pub(crate) mod repository;
pub(crate) mod routed;

pub use capability::Capability;
pub use clock::StoreClock;
pub use once::Once;
pub use repository::StoreRepository;
pub use routed::RoutedStore;
