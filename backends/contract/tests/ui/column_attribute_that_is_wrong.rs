use genledger_contract::Embed;

#[derive(Clone, Embed)]
#[embed(crate = genledger_contract)]
struct Wrong {
    #[column(unique)]
    unknown: i64,
    #[column(precision = 19, scale = 2)]
    precise: i64,
    #[column(precision = 18)]
    half: i64,
    #[column(precision = 2, scale = 3)]
    scaled: i64,
    #[column(time = "iso")]
    time: i64,
    #[column(uuid = "short")]
    uuid: i64,
    #[column(max_chars = 0)]
    empty: String,
    #[column(max_chars = 3, max_chars = 4)]
    twice: String,
    #[column(max_chars = 3, uuid = "simple")]
    both: String,
    #[column(json, filter)]
    json: i64,
    #[column(default = 0.5)]
    float: i64,
    #[column(default = decimal("1e3"))]
    exponent: i64,
    #[column(default = 5, range(0, 4))]
    outside: i64,
    #[column(range(4, 0))]
    range: i64,
    #[column(name = "Name")]
    name: i64,
    #[column(sql_type(mysql = "int", mysql = "int"))]
    dialect: i64,
    table: i64,
}

fn main() {}
