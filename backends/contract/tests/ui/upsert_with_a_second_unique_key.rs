use genledger_contract::{Entity, Session, SessionExt};

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "users", key(id), unique(number))]
pub struct User {
    id: i64,
    number: i64,
}

pub async fn upsert(session: &dyn Session, user: User) {
    let _ = session.upsert(&[user], [User::NUMBER.inserted()]).await;
}

fn main() {}
