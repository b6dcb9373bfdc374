//! Coded enums: numeric and text.

use genledger_contract::entity::UnrecognizedCode;
use genledger_contract::row::Value;
use genledger_contract::table::{Code, ColumnType};
use genledger_contract::{CodedEnum, Entity, ErrorKind, Field, Result};

use crate::row::{Row, round_trip};

/// The kind of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(crate = genledger_contract, i16)]
pub(crate) enum LogType {
    /// Unknown.
    #[code(0)]
    Unknown,
    /// Money came in.
    ///
    /// More.
    #[code(1)]
    Topup,
    #[code(-2)]
    Manage,
    /// A code of a newer version.
    Unrecognized(UnrecognizedCode<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, CodedEnum)]
#[coded(i32, crate = genledger_contract)]
enum Wide {
    #[code(2_000_000_000)]
    Much,
    Unrecognized(UnrecognizedCode<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, CodedEnum)]
#[coded(i64, crate = genledger_contract)]
enum Wider {
    #[code(-9_223_372_036_854_775_808)]
    Least,
    #[code(0x7fff_ffff_ffff_ffff)]
    Most,
    Unrecognized(UnrecognizedCode<Self>),
}

/// The state of a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(text, max_chars = 9, crate = genledger_contract)]
enum Status {
    /// Not accounted yet.
    #[code("pending")]
    Pending,
    #[code("accounted")]
    Accounted,
    Unrecognized(UnrecognizedCode<Self>),
}

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "coded", key(kind, status))]
struct Record {
    #[column(default = 0, filter)]
    kind: LogType,
    status: Status,
    maybe: Option<LogType>,
    wide: Wide,
    wider: Wider,
}

fn record() -> Record {
    Record {
        kind: LogType::Topup,
        status: Status::Pending,
        maybe: None,
        wide: Wide::Much,
        wider: Wider::Least,
    }
}

#[test]
fn codes_are_constants() {
    const CODE: i16 = LogType::Manage.code();
    const TYPE: LogType = LogType::from_code(CODE);
    assert_eq!((CODE, TYPE), (-2, LogType::Manage));
    assert_eq!(Wider::Least.code(), i64::MIN);
    assert_eq!(Wider::Most.code(), i64::MAX);
    assert_eq!(Status::Accounted.as_str(), "accounted");
}

#[test]
fn every_code_has_a_value_and_keeps_it() {
    for code in i16::MIN..=i16::MAX {
        let value = LogType::from_code(code);
        assert_eq!(value.code(), code);
        assert_eq!(value.is_known(), [0, 1, -2].contains(&code));
    }
    assert_eq!(Status::from_str_code("pending"), Status::Pending);
    assert_eq!(Status::from_code("pending".to_owned()), Status::Pending);
    let other = Status::from_code("Pending".to_owned());
    assert_eq!(
        (other.is_known(), other.code()),
        (false, "Pending".to_owned())
    );
    assert_eq!(other, Status::from_str_code("Pending"));
}

#[test]
fn known_values_are_listed_in_order() {
    let known = [LogType::Unknown, LogType::Topup, LogType::Manage];
    assert_eq!(LogType::KNOWN, known);
    assert_eq!(Status::KNOWN, [Status::Pending, Status::Accounted]);
    let names: Vec<_> = LogType::KNOWN.iter().map(CodedEnum::name).collect();
    assert_eq!(names, ["Unknown", "Topup", "Manage"]);
    assert_eq!(LogType::from_code(77).name(), "Unrecognized");
}

#[test]
fn display_is_for_people() {
    assert_eq!(LogType::Topup.to_string(), "Topup");
    assert_eq!(format!("{:>8}|", LogType::Topup), "   Topup|");
    assert_eq!(LogType::from_code(77).to_string(), "unrecognized(77)");
    assert_eq!(Status::from_str_code("x").to_string(), "unrecognized(x)");
}

#[test]
fn columns_know_their_codes() {
    let columns = Record::TABLE.columns;
    assert_eq!(columns[0].column_type, ColumnType::I16);
    assert_eq!(columns[1].column_type, ColumnType::Text { max_chars: 9 });
    assert_eq!(columns[3].column_type, ColumnType::I32);
    assert_eq!(columns[4].column_type, ColumnType::I64);
    assert_eq!(columns[2].codes, columns[0].codes);
    assert!(columns[2].nullable && !columns[0].nullable);
    assert_eq!(columns[0].codes[1].code, Code::Integer(1));
    assert_eq!(columns[0].codes[1].name, "Topup");
    assert_eq!(columns[0].codes[1].description, "Money came in.");
    assert_eq!(columns[1].codes[0].code, Code::Text("pending"));
    assert_eq!(<Wide as Field>::CODES[0].code, Code::Integer(2_000_000_000));
}

#[test]
fn known_codes_are_written_and_unrecognized_ones_only_read() -> Result<()> {
    let full = Record {
        maybe: Some(LogType::Unknown),
        ..record()
    };
    assert_eq!(round_trip(&full)?, full);
    for (column, value) in [
        ("kind", Value::I16(77)),
        ("status", Value::Text("later".to_owned())),
    ] {
        let row = Row::of(&record())?.with(column, value.clone());
        let read = Record::read(&row)?;
        assert!(!(read.kind.is_known() && read.status.is_known()));
        let error = Row::of(&read)
            .err()
            .map(|error| (error.kind(), error.column().map(str::to_owned)));
        assert_eq!(error, Some((ErrorKind::Invalid, Some(column.to_owned()))));
    }
    // A filter may compare with them.
    assert!(Record::KIND.eq(LogType::from_code(77)).predicate().is_ok());
    Ok(())
}

#[test]
fn a_stored_code_out_of_range_is_corrupt() -> Result<()> {
    let row = Row::of(&record())?.with("kind", Value::I64(40_000));
    let error = Record::read(&row).err();
    assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Corrupt));
    Ok(())
}

#[test]
fn json_holds_the_code() -> serde_json::Result<()> {
    assert_eq!(serde_json::to_string(&LogType::Topup)?, "1");
    assert_eq!(serde_json::to_string(&LogType::from_code(77))?, "77");
    assert_eq!(serde_json::from_str::<LogType>("-2")?, LogType::Manage);
    assert_eq!(
        serde_json::from_str::<LogType>("77")?,
        LogType::from_code(77)
    );
    assert_eq!(serde_json::to_string(&Wider::Most)?, "9223372036854775807");
    assert_eq!(serde_json::to_string(&Status::Accounted)?, "\"accounted\"");
    assert_eq!(
        serde_json::from_str::<Status>("\"accounted\"")?,
        Status::Accounted
    );
    assert_eq!(
        serde_json::from_str::<Status>("\"new\\n\"")?,
        Status::from_str_code("new\n")
    );
    assert_eq!(serde_json::from_str::<LogType>("\"1\"")?, LogType::Topup);
    for wrong in ["40000", "1.5", "\"+1\"", "null", "\"Topup\""] {
        assert!(serde_json::from_str::<LogType>(wrong).is_err(), "{wrong}");
    }
    assert!(serde_json::from_str::<Status>("1").is_err());
    Ok(())
}
