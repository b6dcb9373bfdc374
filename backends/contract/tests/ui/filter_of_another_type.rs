use genledger_contract::Entity;

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "logs", key(id))]
struct Log {
    id: i64,
}

fn main() {
    let _ = Log::ID.eq("1");
}
