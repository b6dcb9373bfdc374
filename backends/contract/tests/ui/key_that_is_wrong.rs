use genledger_contract::{Embed, Entity};

#[derive(Clone, Embed)]
#[embed(crate = genledger_contract)]
struct Base {
    id: i64,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "a", key(id))]
struct WithoutPath {
    #[embed]
    base: Base,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "b", key(base.id))]
struct WithoutType {
    #[embed]
    base: Base,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "c", key(base.id: i32))]
struct WrongType {
    #[embed]
    base: Base,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "d", key(other.id: i64))]
struct WrongField {
    #[embed]
    base: Base,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "e")]
struct NoKey {
    id: i64,
}

fn main() {}
