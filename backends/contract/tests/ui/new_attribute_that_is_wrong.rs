use genledger_derive::New;

#[derive(New)]
struct Both {
    #[new(argument, fallback)]
    id: i64,
}

#[derive(New)]
struct Unknown {
    #[new(default)]
    id: i64,
}

#[derive(New)]
struct Tuple(i64);

fn main() {}
