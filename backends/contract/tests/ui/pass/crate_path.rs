//! A facade that re-exports the contract, as the crate `genledger` does, needs no `crate = …`.

extern crate self as genledger;

pub use genledger_contract as contract;

use contract::entity::UnrecognizedCode;
use contract::{CodedEnum, Embed, Entity, Field};

#[derive(Clone, Debug, Entity)]
#[entity(table = "logs", key(id), index(at desc))]
pub struct Log {
    id: Id,
    kind: Kind,
    #[embed]
    base: Base,
}

#[derive(Clone, Debug, Embed)]
pub struct Base {
    at: i64,
    #[column(json)]
    extra: Option<Vec<i64>>,
}

#[derive(Clone, Debug, Field)]
pub struct Id(i64);

#[derive(Clone, Debug, PartialEq, CodedEnum)]
#[coded(i16)]
pub enum Kind {
    #[code(1)]
    One,
    Unrecognized(UnrecognizedCode<Self>),
}

/// A macro of the facade names it by `$crate`.
macro_rules! entity {
    ($name:ident, $table:literal) => {
        #[derive(Clone, Debug, Entity)]
        #[entity(crate = $crate::contract, table = $table, key(id))]
        pub struct $name {
            id: i64,
        }
    };
}

entity!(Made, "made");

fn main() {
    let base = Base { at: 1, extra: None };
    let log = Log { id: Id(1), kind: Kind::One, base };
    assert_eq!(Log::AT.position(), 2);
    assert_eq!(log.key().0, 1);
    assert_eq!(Made::TABLE.name, "made");
}
