//! Every kind of column, twice: not nullable, and nullable.

use chrono::{DateTime, Utc};
use genledger_contract::entity::JsonText;
use genledger_contract::{Embed, Entity};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::codes::{Grade, Level, State};

/// A row with a composite key, a live-only unique key, embedded structs, and every kind of column.
#[derive(Clone, Debug, PartialEq, Entity)]
#[entity(
    crate = genledger_contract,
    table = "suite_specimens",
    key(tenant, number),
    unique(name = "uk_suite_specimens_label", columns(label), live),
    index(number, tenant),
    soft_delete = deleted
)]
pub(crate) struct Specimen {
    /// The first part of the key.
    #[column(max_chars = 32)]
    pub(crate) tenant: String,
    /// The second part of the key.
    pub(crate) number: i64,
    /// Unique among live rows.
    #[column(max_chars = 64)]
    pub(crate) label: Option<String>,
    /// Whether the row is deleted.
    #[column(filter)]
    pub(crate) deleted: bool,
    /// Columns that always have a value.
    #[embed]
    pub(crate) values: Values,
    /// Columns that may be NULL.
    #[embed]
    pub(crate) options: Options,
}

/// Every kind, never NULL.
#[derive(Clone, Debug, PartialEq, Embed)]
#[embed(crate = genledger_contract)]
pub(crate) struct Values {
    /// True or false.
    #[column(filter)]
    pub(crate) flag: bool,
    /// 16 bits.
    #[column(filter)]
    pub(crate) small: i16,
    /// 32 bits.
    #[column(filter)]
    pub(crate) medium: i32,
    /// 64 bits.
    #[column(filter)]
    pub(crate) big: i64,
    /// The widest decimal.
    #[column(precision = 18, scale = 6, filter)]
    pub(crate) amount: Decimal,
    /// Bounded text that is not a key.
    #[column(max_chars = 64, filter)]
    pub(crate) name: String,
    /// Unbounded text.
    #[column(filter)]
    pub(crate) story: String,
    /// Bytes.
    pub(crate) raw: Vec<u8>,
    /// JSON text.
    pub(crate) document: JsonText,
    /// A moment as whole seconds.
    #[column(time = "unix_seconds", filter)]
    pub(crate) at_second: DateTime<Utc>,
    /// A moment as whole milliseconds.
    #[column(time = "unix_millis", filter)]
    pub(crate) at_milli: DateTime<Utc>,
    /// A moment as the database's own with three digits.
    #[column(time = "datetime3", filter)]
    pub(crate) at_three: DateTime<Utc>,
    /// A moment as the database's own with six digits.
    #[column(time = "datetime6", filter)]
    pub(crate) at_six: DateTime<Utc>,
    /// A UUID with hyphens.
    #[column(uuid = "hyphenated", filter)]
    pub(crate) long_uuid: Uuid,
    /// A UUID without hyphens.
    #[column(uuid = "simple", filter)]
    pub(crate) short_uuid: Uuid,
    /// A numeric code.
    #[column(filter)]
    pub(crate) grade: Grade,
    /// A text code.
    #[column(filter)]
    pub(crate) state: State,
}

/// Every kind, each of which may be NULL.
#[derive(Clone, Debug, Default, PartialEq, Embed)]
#[embed(crate = genledger_contract)]
pub(crate) struct Options {
    /// True or false.
    #[column(filter)]
    pub(crate) maybe_flag: Option<bool>,
    /// 16 bits.
    #[column(filter)]
    pub(crate) maybe_small: Option<i16>,
    /// 32 bits.
    #[column(filter)]
    pub(crate) maybe_medium: Option<i32>,
    /// 64 bits.
    #[column(filter)]
    pub(crate) maybe_big: Option<i64>,
    /// A decimal with two digits.
    #[column(precision = 12, scale = 2, filter)]
    pub(crate) maybe_amount: Option<Decimal>,
    /// Bounded text.
    #[column(max_chars = 64, filter)]
    pub(crate) maybe_name: Option<String>,
    /// Unbounded text.
    #[column(filter)]
    pub(crate) maybe_story: Option<String>,
    /// Bytes.
    pub(crate) maybe_raw: Option<Vec<u8>>,
    /// JSON text.
    pub(crate) maybe_document: Option<JsonText>,
    /// A moment as whole seconds.
    #[column(time = "unix_seconds", filter)]
    pub(crate) maybe_second: Option<DateTime<Utc>>,
    /// A moment as whole milliseconds.
    #[column(time = "unix_millis", filter)]
    pub(crate) maybe_milli: Option<DateTime<Utc>>,
    /// A moment as the database's own with three digits.
    #[column(time = "datetime3", filter)]
    pub(crate) maybe_three: Option<DateTime<Utc>>,
    /// A moment as the database's own with six digits.
    #[column(time = "datetime6", filter)]
    pub(crate) maybe_six: Option<DateTime<Utc>>,
    /// A UUID with hyphens.
    #[column(uuid = "hyphenated", filter)]
    pub(crate) maybe_long_uuid: Option<Uuid>,
    /// A UUID without hyphens.
    #[column(uuid = "simple", filter)]
    pub(crate) maybe_short_uuid: Option<Uuid>,
    /// A numeric code.
    #[column(filter)]
    pub(crate) maybe_level: Option<Level>,
    /// A text code.
    #[column(filter)]
    pub(crate) maybe_state: Option<State>,
}

impl Specimen {
    /// A row with default values, and NULL in every nullable column.
    pub(crate) fn new(number: i64) -> Self {
        let moment = DateTime::from_timestamp(1_700_000_000, 0).expect("a moment");
        Self {
            tenant: "acme".to_owned(),
            number,
            label: None,
            deleted: false,
            values: Values {
                flag: false,
                small: 0,
                medium: 0,
                big: 0,
                amount: Decimal::ZERO,
                name: String::new(),
                story: String::new(),
                raw: Vec::new(),
                document: JsonText::new("{}").expect("JSON"),
                at_second: moment,
                at_milli: moment,
                at_three: moment,
                at_six: moment,
                long_uuid: Uuid::nil(),
                short_uuid: Uuid::nil(),
                grade: Grade::Plain,
                state: State::Open,
            },
            options: Options::default(),
        }
    }

    /// A row without NULLs.
    pub(crate) fn full(number: i64) -> Self {
        let moment = DateTime::from_timestamp(1_700_000_000, 0).expect("a moment");
        let uuid = Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        let mut specimen = Self::new(number);
        specimen.label = Some(format!("label {number}"));
        specimen.options = Options {
            maybe_flag: Some(true),
            maybe_small: Some(-7),
            maybe_medium: Some(70_000),
            maybe_big: Some(1 << 53),
            maybe_amount: Some(Decimal::new(-12_345, 2)),
            maybe_name: Some("name".to_owned()),
            maybe_story: Some("story".to_owned()),
            maybe_raw: Some(vec![0, 255]),
            maybe_document: Some(JsonText::new("[1, 2]").expect("JSON")),
            maybe_second: Some(moment),
            maybe_milli: Some(moment),
            maybe_three: Some(moment),
            maybe_six: Some(moment),
            maybe_long_uuid: Some(uuid),
            maybe_short_uuid: Some(uuid),
            maybe_level: Some(Level::First),
            maybe_state: Some(State::Shut),
        };
        specimen
    }

    /// The same row, changed.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}
