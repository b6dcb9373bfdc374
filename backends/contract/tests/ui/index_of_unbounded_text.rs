use genledger_contract::Entity;

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "logs", key(id), index(model))]
struct Log {
    id: i64,
    model: String,
}

fn main() {}
