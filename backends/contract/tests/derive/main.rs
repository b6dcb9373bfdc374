//! The code that the derive macros generate, tested through the contract.

mod coded;
mod columns;
mod embed;
mod keys;
mod new;
mod newtype;
mod row;
