//! What the derive macros write, seen through the contract.

#[path = "derive/coded.rs"]
mod coded;
#[path = "derive/columns.rs"]
mod columns;
#[path = "derive/embed.rs"]
mod embed;
#[path = "derive/keys.rs"]
mod keys;
#[path = "derive/new.rs"]
mod new;
#[path = "derive/newtype.rs"]
mod newtype;
#[path = "derive/row.rs"]
mod row;
