//! What the derive macros write, seen through the contract.

mod coded;
mod columns;
mod embed;
mod keys;
mod new;
mod newtype;
mod row;
