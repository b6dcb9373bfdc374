//! The statements, run on a connection.

mod aggregate;
mod change;
mod claim;
mod insert;
mod key_order;
mod overflow;
mod present;
mod select;
#[cfg(test)]
mod tests;
mod unit;
mod upsert;

pub(crate) use aggregate::aggregate;
pub(crate) use change::{delete, update};
pub(crate) use claim::claim;
pub(crate) use insert::insert;
pub(crate) use select::select;
pub(crate) use upsert::upsert;
