use genledger_contract::CodedEnum;
use genledger_contract::entity::UnrecognizedCode;

#[derive(Clone, PartialEq, CodedEnum)]
#[coded(crate = genledger_contract, i16)]
enum Kind {
    #[code(1)]
    One,
    #[code(2)]
    Two,
    #[code(0x1)]
    Three,
    Unrecognized(UnrecognizedCode<Self>),
}

#[derive(Clone, PartialEq, CodedEnum)]
#[coded(crate = genledger_contract, text, max_chars = 8)]
enum Status {
    #[code("done")]
    Done,
    #[code("done")]
    Finished,
    Unrecognized(UnrecognizedCode<Self>),
}

fn main() {}
