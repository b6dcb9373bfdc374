use genledger_contract::{Embed, Entity};
use rust_decimal::Decimal;

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "a", key(id))]
struct Integer {
    id: i64,
    #[column(default = 40_000)]
    small: i16,
}

#[derive(Clone, Embed)]
#[embed(crate = genledger_contract)]
struct Amount {
    #[column(default = 0)]
    amount: Decimal,
}

#[derive(Clone, Embed)]
#[embed(crate = genledger_contract)]
struct Range {
    #[column(range(0, 1))]
    text: String,
}

fn main() {}
