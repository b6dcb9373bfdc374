use genledger_contract::Entity;

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "names", key(id), unique(name))]
struct Name {
    id: i64,
    #[column(max_chars = 673)]
    name: String,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "texts", key(text))]
struct Key {
    #[column(max_chars = 768, sql_type(postgres = "text"))]
    text: String,
}

fn main() {
    assert_eq!(Name::TABLE.unique.len(), 1);
    assert_eq!(Key::TABLE.primary_key, ["text"]);
}
