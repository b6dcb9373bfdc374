use genledger_contract::CodedEnum;

#[derive(Clone, PartialEq, CodedEnum)]
#[coded(crate = genledger_contract, i16)]
enum Kind {
    #[code(1)]
    One,
}

#[derive(Clone, PartialEq, CodedEnum)]
#[coded(crate = genledger_contract, text, max_chars = 8)]
enum Status {
    #[code("one")]
    One,
    Unrecognized,
}

#[derive(Clone, PartialEq, CodedEnum)]
#[coded(crate = genledger_contract)]
enum Untyped {
    #[code(1)]
    One,
}

fn main() {}
