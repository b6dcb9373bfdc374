use genledger_contract::{Embed, Entity, Field};

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "a", key(id))]
struct Text {
    #[column(max_chars = 8)]
    id: i64,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "b", key(id))]
struct Time {
    id: i64,
    #[column(time = "unix_seconds")]
    at: i64,
}

#[derive(Clone, Embed)]
#[embed(crate = genledger_contract)]
struct Amount {
    #[column(precision = 6, scale = 2)]
    amount: Option<i64>,
}

#[derive(Clone, Field)]
#[field(crate = genledger_contract, uuid = "simple")]
struct Id(String);

#[derive(Clone, Field)]
#[field(crate = genledger_contract, text)]
struct Name(i64);

fn main() {}
