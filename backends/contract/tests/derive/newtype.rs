//! Newtypes as fields.

use chrono::{DateTime, TimeZone, Utc};
use genledger_contract::entity::TextField;
use genledger_contract::row::Value;
use genledger_contract::table::{CodeDef, ColumnType, UuidFormat};
use genledger_contract::{Entity, Field, Result};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::row::{Row, round_trip};

/// A name that is never empty.
#[derive(Clone, Debug, PartialEq, Field)]
#[field(crate = genledger_contract, text, max_chars = 8)]
struct ModelName(String);

impl ModelName {
    fn new(name: &str) -> Option<Self> {
        (!name.is_empty()).then(|| Self(name.to_owned()))
    }
}

#[derive(Clone, Debug, PartialEq, Field)]
#[field(crate = genledger_contract, precision = 12, scale = 2)]
struct Amount(Decimal);

#[derive(Clone, Copy, Debug, PartialEq, Field)]
#[field(crate = genledger_contract, uuid = "simple")]
struct TaskId(Uuid);

#[derive(Clone, Copy, Debug, PartialEq, Field)]
#[field(crate = genledger_contract, time = "unix_seconds")]
struct Moment(DateTime<Utc>);

/// Around an `Option`.
#[derive(Clone, Debug, PartialEq, Field)]
#[field(crate = genledger_contract)]
struct Maybe(Option<i32>);

#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "newtypes", key(id), index(name))]
struct Thing {
    id: TaskId,
    name: ModelName,
    alias: Option<ModelName>,
    #[column(max_chars = 100)]
    long: ModelName,
    amount: Amount,
    at: Moment,
    maybe: Maybe,
}

fn thing() -> Result<Thing> {
    let name = || ModelName::new("gpt").ok_or_else(|| genledger_contract::Error::invalid("empty"));
    Ok(Thing {
        id: TaskId(Uuid::from_u128(1)),
        name: name()?,
        alias: None,
        long: name()?,
        amount: Amount(Decimal::new(125, 2)),
        at: Moment(Utc.timestamp_opt(60, 0).single().unwrap_or_default()),
        maybe: Maybe(None),
    })
}

#[test]
fn a_newtype_brings_its_column_type_and_the_column_may_override_it() {
    let types: Vec<_> = Thing::TABLE
        .columns
        .iter()
        .map(|column| column.column_type)
        .collect();
    let expected = [
        ColumnType::Uuid(UuidFormat::Simple),
        ColumnType::Text { max_chars: 8 },
        ColumnType::Text { max_chars: 8 },
        ColumnType::Text { max_chars: 100 },
        ColumnType::Decimal {
            precision: 12,
            scale: 2,
        },
        ColumnType::UnixSeconds,
        ColumnType::I32,
    ];
    assert_eq!(types, expected);
    let nullable: Vec<_> = Thing::TABLE
        .columns
        .iter()
        .map(|column| column.nullable)
        .collect();
    assert_eq!(nullable, [false, false, true, false, false, false, true]);
    let codes: &[CodeDef] = <Amount as Field>::CODES;
    assert!(codes.is_empty());
}

#[test]
fn values_come_back() -> Result<()> {
    let thing = thing()?;
    assert_eq!(round_trip(&thing)?, thing);
    let other = Thing {
        maybe: Maybe(Some(3)),
        alias: ModelName::new("x"),
        ..thing
    };
    assert_eq!(round_trip(&other)?, other);
    Ok(())
}

#[test]
fn reading_does_not_validate() -> Result<()> {
    assert!(ModelName::new("").is_none());
    let row = Row::of(&thing()?)?.with("name", Value::Text(String::new()));
    assert_eq!(Thing::read(&row)?.name, ModelName(String::new()));
    Ok(())
}

#[test]
fn text_newtypes_can_be_searched() {
    fn is_text<T: TextField>() {}
    is_text::<ModelName>();
    is_text::<Option<ModelName>>();
    assert!(Thing::NAME.starts_with("gp").predicate().is_ok());
}
