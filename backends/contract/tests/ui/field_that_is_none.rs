use genledger_contract::Entity;

#[derive(Clone)]
struct Money(i64);

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "logs", key(id))]
struct Log {
    id: i64,
    cost: Money,
}

fn main() {}
