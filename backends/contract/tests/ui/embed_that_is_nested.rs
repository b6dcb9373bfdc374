use genledger_contract::Embed;

#[derive(Clone, Embed)]
#[embed(crate = genledger_contract)]
struct Inner {
    id: i64,
}

#[derive(Clone, Embed)]
#[embed(crate = genledger_contract)]
struct Outer {
    #[embed]
    inner: Inner,
}

#[derive(Clone, Embed)]
#[embed(crate = genledger_contract)]
struct Prefixed {
    #[embed(prefix = "inner_")]
    inner: Inner,
}

fn main() {}
