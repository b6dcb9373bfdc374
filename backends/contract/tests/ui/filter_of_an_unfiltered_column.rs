use genledger_contract::{Entity, Query};

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "logs", key(id), index(user, model))]
struct Log {
    id: i64,
    user: i64,
    model: i64,
}

fn main() {
    let _ = Query::matching(Log::USER.eq(1));
    let _ = Query::matching(Log::MODEL.eq(1));
}
