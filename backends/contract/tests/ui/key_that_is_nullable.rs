use genledger_contract::Entity;

type Maybe = Option<i64>;

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "logs", key(id))]
struct Log {
    id: Option<i64>,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "tasks", key(id))]
struct Task {
    id: Maybe,
}

fn main() {}
