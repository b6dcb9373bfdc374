use genledger_contract::Entity;

/// One character more than fits.
#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "names", key(id), unique(name))]
struct Name {
    id: i64,
    #[column(max_chars = 674)]
    name: String,
}

/// Two that fit alone.
#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "pairs", key(id), index(first, second))]
struct Pair {
    id: i64,
    #[column(max_chars = 400)]
    first: String,
    #[column(max_chars = 400)]
    second: Option<String>,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "texts", key(text))]
struct Key {
    #[column(max_chars = 769, sql_type(postgres = "text"))]
    text: String,
}

#[derive(Clone, Entity)]
#[entity(
    crate = genledger_contract,
    table = "many",
    key(id),
    index(name = "ix_many", columns(c01, c02, c03, c04, c05, c06, c07, c08, c09, c10, c11, c12, c13, c14, c15, c16, c17))
)]
struct Many {
    id: i64,
    c01: bool,
    c02: bool,
    c03: bool,
    c04: bool,
    c05: bool,
    c06: bool,
    c07: bool,
    c08: bool,
    c09: bool,
    c10: bool,
    c11: bool,
    c12: bool,
    c13: bool,
    c14: bool,
    c15: bool,
    c16: bool,
    c17: bool,
}

fn main() {}
