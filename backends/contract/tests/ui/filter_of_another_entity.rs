use genledger_contract::{Entity, Filter};

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "logs", key(id))]
struct Log {
    id: i64,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "tasks", key(id))]
struct Task {
    id: i64,
}

fn main() {
    let _: Filter<Log> = Log::ID.eq(1) & Task::ID.eq(2);
}
