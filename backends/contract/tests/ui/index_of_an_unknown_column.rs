use genledger_contract::{Embed, Entity};

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "logs", key(id), index(createdat), soft_delete = gone)]
struct Log {
    id: i64,
    created_at: i64,
}

#[derive(Clone, Embed)]
#[embed(crate = genledger_contract)]
struct Base {
    created_at: i64,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "calls", key(id), index(createdat))]
struct Call {
    id: i64,
    #[embed]
    base: Base,
}

fn main() {}
