use genledger_derive::Activity;

#[derive(Activity)]
#[activity(time = at)]
struct WithoutKind {
    id: String,
}

#[derive(Activity)]
#[activity(kind = Search, time = at)]
struct WithoutTime {
    id: String,
    base: String,
}

#[derive(Activity)]
#[activity(kind = Search, time = at, table = "logs")]
struct WithMore {
    id: String,
}

fn main() {}
