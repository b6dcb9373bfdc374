use genledger_contract::Entity;

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "a", key(id), version = version, append_only)]
struct AppendOnly {
    id: i64,
    version: i64,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "b", key(id, version), version = version)]
struct InTheKey {
    id: i64,
    version: i64,
}

fn main() {}
