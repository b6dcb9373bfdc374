use genledger_contract::CodedEnum;
use genledger_contract::entity::UnrecognizedCode;

#[derive(Clone, PartialEq, CodedEnum)]
#[coded(crate = genledger_contract, i16)]
enum Kind {
    #[code(40_000)]
    Much,
    #[code("one")]
    Text,
    Missing,
    Unrecognized(UnrecognizedCode<Self>),
}

#[derive(Clone, PartialEq, CodedEnum)]
#[coded(crate = genledger_contract, text, max_chars = 4)]
enum Status {
    #[code("pending")]
    Pending,
    #[code(" up ")]
    Up,
    #[code(3)]
    Three,
    Unrecognized(UnrecognizedCode<Self>),
}

fn main() {}
