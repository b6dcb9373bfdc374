use genledger_contract::Entity;

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "a", key(id), primary)]
struct Unknown {
    id: i64,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "b", key(id), unique(columns(id), live))]
struct Live {
    id: i64,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "c", key(id), index(id down))]
struct Direction {
    id: i64,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "d", key(id), index(id), index(id desc))]
struct SameName {
    id: i64,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "a_table_with_a_name_that_is_long_but_fits", key(id),
         index(another_column_of_some_length))]
struct LongName {
    id: i64,
    another_column_of_some_length: i64,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, key(id))]
struct NoTable {
    id: i64,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "e", key(id), soft_delete = id)]
struct SoftDelete {
    id: i64,
}

#[derive(Clone, Entity)]
#[entity(crate = genledger_contract, table = "f", key(id))]
struct Generic<T> {
    id: T,
}

fn main() {}
