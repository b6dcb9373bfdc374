//! Every kind of field and every attribute of a column.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeZone, Utc};
use genledger_contract::entity::{Column, Filterable, Json, JsonText, Unindexed};
use genledger_contract::row::Value;
use genledger_contract::table::{ColumnDef, ColumnType, DefaultValue, SqlType, UuidFormat};
use genledger_contract::{Entity, ErrorKind, Result};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::row::{Row, round_trip};

/// Words and numbers.
type Extra = BTreeMap<String, u64>;

/// One column of each kind,
/// described over two lines.
///
/// This paragraph is not part of the description.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "specimens", key(id))]
pub(crate) struct Specimen {
    /// Its number.
    pub(crate) id: i64,
    /// A keyword as a name.
    #[column(max_chars = 8, filter, default = "none")]
    pub(crate) r#type: String,
    #[column(name = "other_name", default = -3, range(-5, 5))]
    renamed: i16,
    #[column(default = 7, filter)]
    small: i32,
    #[column(default = true)]
    flag: bool,
    #[column(precision = 18, scale = 6, default = decimal("-0.5"))]
    amount: Decimal,
    #[column(precision = 8, scale = 6)]
    discount: Option<Decimal>,
    /// Not declared: 18 digits, 6 of them after the point.
    plain_amount: Option<Decimal>,
    #[column(sensitive, sql_type(mysql = "mediumtext", sqlite = "TEXT"))]
    secret: Option<String>,
    blob: Vec<u8>,
    #[column(time = "unix_seconds")]
    seconds: DateTime<Utc>,
    #[column(time = "unix_millis")]
    millis: Option<DateTime<Utc>>,
    #[column(time = "datetime3")]
    three: DateTime<Utc>,
    #[column(time = "datetime6")]
    six: DateTime<Utc>,
    plain_time: Option<DateTime<Utc>>,
    #[column(uuid = "simple")]
    simple: Uuid,
    #[column(uuid = "hyphenated")]
    hyphenated: Uuid,
    #[column(json)]
    extra: Extra,
    #[column(json)]
    maybe: Option<Vec<i64>>,
    raw: Option<JsonText>,
    own: Json<Extra>,
    /// Names that the generated code uses itself.
    sink: i64,
    row: i64,
    column: i64,
    value0: Option<i64>,
}

fn specimen() -> Result<Specimen> {
    let time = Utc
        .timestamp_opt(1_700_000_000, 0)
        .single()
        .unwrap_or_default();
    Ok(Specimen {
        id: 1,
        r#type: "kind".to_owned(),
        renamed: 5,
        small: -9,
        flag: true,
        amount: Decimal::new(1_234_567, 6),
        discount: None,
        plain_amount: Some(Decimal::new(25, 1)),
        secret: Some("s".to_owned()),
        blob: vec![0, 255],
        seconds: time,
        millis: Some(time),
        three: time,
        six: time,
        plain_time: None,
        simple: Uuid::from_u128(7),
        hyphenated: Uuid::from_u128(8),
        extra: Extra::from([("a".to_owned(), u64::MAX)]),
        maybe: Some(vec![1, 2]),
        raw: Some(JsonText::new(r#"{"b": 1.10, "a": 2}"#)?),
        own: Json(Extra::new()),
        sink: 1,
        row: 2,
        column: 3,
        value0: Some(4),
    })
}

fn column(name: &str) -> &'static ColumnDef {
    let columns = Specimen::TABLE.columns.iter();
    let found: Vec<_> = columns.filter(|column| column.name == name).collect();
    assert_eq!(found.len(), 1, "{name}");
    found[0]
}

#[test]
fn values_come_back_in_every_kind() -> Result<()> {
    let full = specimen()?;
    assert_eq!(round_trip(&full)?, full);
    let empty = Specimen {
        plain_amount: None,
        discount: Some(Decimal::new(-1, 6)),
        secret: None,
        millis: None,
        plain_time: Some(full.six),
        maybe: None,
        raw: None,
        value0: None,
        ..full
    };
    assert_eq!(round_trip(&empty)?, empty);
    Ok(())
}

#[test]
fn the_table_describes_the_struct() {
    let table = Specimen::TABLE;
    assert_eq!(table.name, "specimens");
    assert_eq!(
        table.description,
        "One column of each kind, described over two lines."
    );
    assert_eq!(table.primary_key, ["id"]);
    assert!(table.unique.is_empty() && table.indexes.is_empty());
    assert!(table.soft_delete.is_none() && !table.append_only);
    assert_eq!(table.columns.len(), 25);
    assert_eq!(table.columns[1].name, "type");
    assert_eq!(column("type").description, "A keyword as a name.");
    assert_eq!(column("flag").description, "");
}

#[test]
fn attributes_win_over_the_type_of_the_field() {
    let is = |name, column_type| assert_eq!(column(name).column_type, column_type, "{name}");
    is("id", ColumnType::I64);
    is("type", ColumnType::Text { max_chars: 8 });
    is("other_name", ColumnType::I16);
    is("small", ColumnType::I32);
    is("flag", ColumnType::Bool);
    is(
        "discount",
        ColumnType::Decimal {
            precision: 8,
            scale: 6,
        },
    );
    is(
        "plain_amount",
        ColumnType::Decimal {
            precision: 18,
            scale: 6,
        },
    );
    is("secret", ColumnType::LongText);
    is("blob", ColumnType::Bytes);
    is("seconds", ColumnType::UnixSeconds);
    is("millis", ColumnType::UnixMillis);
    is("three", ColumnType::DateTime { digits: 3 });
    is("six", ColumnType::DateTime { digits: 6 });
    is("simple", ColumnType::Uuid(UuidFormat::Simple));
    is("hyphenated", ColumnType::Uuid(UuidFormat::Hyphenated));
    for json in ["extra", "maybe", "raw", "own"] {
        is(json, ColumnType::Json);
    }
}

#[test]
fn options_are_nullable_and_nothing_else_is() {
    let nullable = Specimen::TABLE
        .columns
        .iter()
        .filter(|column| column.nullable);
    let nullable: Vec<_> = nullable.map(|column| column.name).collect();
    let expected = [
        "discount",
        "plain_amount",
        "secret",
        "millis",
        "plain_time",
        "maybe",
        "raw",
        "value0",
    ];
    assert_eq!(nullable, expected);
}

#[test]
fn defaults_ranges_and_marks_are_kept() {
    assert_eq!(column("type").default, Some(DefaultValue::Text("none")));
    assert_eq!(
        column("other_name").default,
        Some(DefaultValue::Integer(-3))
    );
    assert_eq!(column("other_name").range, Some((-5, 5)));
    assert_eq!(column("flag").default, Some(DefaultValue::Bool(true)));
    assert_eq!(
        column("amount").default,
        Some(DefaultValue::Decimal("-0.5"))
    );
    assert_eq!(column("id").default, None);
    assert!(column("secret").sensitive && !column("id").sensitive);
    let types = [
        SqlType {
            dialect: "mysql",
            sql: "mediumtext",
        },
        SqlType {
            dialect: "sqlite",
            sql: "TEXT",
        },
    ];
    assert_eq!(column("secret").sql_types, types);
}

#[test]
fn constants_have_the_fields_type_and_whether_they_can_be_filtered() {
    let _: Column<Specimen, i64, Filterable> = Specimen::ID;
    let _: Column<Specimen, String, Filterable> = Specimen::TYPE;
    let _: Column<Specimen, i16, Unindexed> = Specimen::RENAMED;
    let _: Column<Specimen, Option<Decimal>, Unindexed> = Specimen::DISCOUNT;
    let _: Column<Specimen, Json<Extra>, Unindexed> = Specimen::EXTRA;
    let _: Column<Specimen, Option<Json<Vec<i64>>>, Unindexed> = Specimen::MAYBE;
    assert_eq!(Specimen::RENAMED.definition().name, "other_name");
    assert_eq!(Specimen::SINK.position(), 21);
    assert!(
        (Specimen::ID.eq(1) & Specimen::SMALL.lt(3))
            .predicate()
            .is_ok()
    );
    assert!(Specimen::TYPE.starts_with("k").predicate().is_ok());
    let change = Specimen::MAYBE.set(Json(vec![1]));
    assert_eq!(format!("{change:?}"), "Ok(column 18 Set(..))");
    let change = Specimen::MAYBE.set(None);
    assert_eq!(format!("{change:?}"), "Ok(column 18 Set(..))");
}

#[test]
fn values_are_written_in_the_columns_encoding() -> Result<()> {
    let row = Row::of(&specimen()?)?;
    assert_eq!(row.value("seconds"), Some(&Value::I64(1_700_000_000)));
    assert_eq!(row.value("millis"), Some(&Value::I64(1_700_000_000_000)));
    assert_eq!(
        row.value("simple"),
        Some(&Value::Text(format!("{:032x}", 7)))
    );
    assert_eq!(row.value("maybe"), Some(&Value::Json("[1,2]".to_owned())));
    assert_eq!(row.value("discount"), Some(&Value::Null));
    Ok(())
}

#[test]
fn values_that_do_not_fit_name_their_column() -> Result<()> {
    let mut wrong = specimen()?;
    wrong.renamed = 6;
    let error = Row::of(&wrong)
        .err()
        .map(|error| (error.kind(), error.column().map(str::to_owned)));
    assert_eq!(
        error,
        Some((ErrorKind::Invalid, Some("other_name".to_owned())))
    );
    Ok(())
}

#[test]
fn rows_that_cannot_be_read_name_their_column() -> Result<()> {
    for (name, value) in [
        ("other_name", Value::I64(40_000)),
        ("small", Value::Null),
        ("extra", Value::Null),
        ("extra", Value::Json("[1]".to_owned())),
        ("maybe", Value::Text("{".to_owned())),
        ("simple", Value::Text("no uuid".to_owned())),
    ] {
        let row = Row::of(&specimen()?)?.with(name, value);
        let error = Specimen::read(&row).err();
        let error = error.map(|error| (error.kind(), error.column().map(str::to_owned)));
        assert_eq!(error, Some((ErrorKind::Corrupt, Some(name.to_owned()))));
    }
    Ok(())
}

/// A list of words that other programs write in other ways.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(crate = genledger_contract, table = "notes", key(id))]
struct Note {
    /// Its number.
    id: i64,
    /// The words.
    #[column(json, read_with = words)]
    words: Vec<String>,
}

fn words(text: Option<&str>) -> Option<Vec<String>> {
    serde_json::from_str::<Option<_>>(text.unwrap_or("null"))
        .ok()
        .map(Option::unwrap_or_default)
}

#[test]
fn stored_json_is_read_with_a_function_of_its_own() -> Result<()> {
    let note = Note {
        id: 1,
        words: vec!["a".to_owned()],
    };
    let read = |value| Note::read(&Row::of(&note)?.with("words", value));
    assert_eq!(Note::read(&Row::of(&note)?)?, note);
    let none = Note {
        words: Vec::new(),
        ..note.clone()
    };
    assert_eq!(read(Value::Null)?, none);
    assert_eq!(read(Value::Json("null".into()))?, none);
    let error = read(Value::Json("{}".into())).err();
    let found = error.as_ref().map(|error| (error.kind(), error.column()));
    assert_eq!(found, Some((ErrorKind::Corrupt, Some("words"))));
    Ok(())
}
