use genledger_contract::Entity;

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "a", key(id), version = version)]
struct Narrow {
    id: i64,
    version: i32,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "b", key(id), version = version)]
struct Nullable {
    id: i64,
    version: Option<i64>,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "c", key(id), version = revision)]
struct Unknown {
    id: i64,
    version: i64,
}

fn main() {}
