use genledger_contract::{Embed, Entity};

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "logs", key(id))]
struct Log {
    id: i64,
    #[column(name = "id")]
    number: i64,
}

#[derive(Clone, Embed)]
#[embed(crate = genledger_contract)]
struct Base {
    user: i64,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "calls", key(id))]
struct Call {
    id: i64,
    #[embed]
    base: Base,
    user: i64,
}

fn main() {}
