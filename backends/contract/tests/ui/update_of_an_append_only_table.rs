use genledger_contract::{Entity, Filter, Session, SessionExt};

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "entries", key(id), append_only)]
pub struct Entry {
    id: i64,
    amount: i64,
}

pub async fn change(session: &dyn Session) {
    let _ = session.update_where(Filter::all(), [Entry::AMOUNT.set(1)]).await;
}

fn main() {}
