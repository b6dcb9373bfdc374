use genledger_contract::Entity;

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "logs", key(id), index(user, model))]
struct Log {
    id: i64,
    user: i64,
    model: i64,
}

fn main() {
    let _ = Log::USER.eq(1);
    let _ = Log::MODEL.eq(1);
}
