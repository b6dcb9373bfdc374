//! A table with a column of every kind.

use chrono::{DateTime, Utc};
use genledger_contract::Entity;
use genledger_contract::entity::JsonText;
use rust_decimal::Decimal;
use uuid::Uuid;

/// A parcel.
#[derive(Clone, Debug, Entity)]
#[entity(
    crate = genledger_contract,
    table = "parcels",
    key(depot, number),
    unique(name = "uk_parcels_label", columns(label), live),
    unique(owner, slot),
    index(model, at desc, number desc),
    index(note desc, depot),
    soft_delete = gone
)]
pub(super) struct Parcel {
    /// Where it lies; the first half of the key.
    #[column(max_chars = 16)]
    pub(super) depot: String,
    /// The second half.
    pub(super) number: i64,
    /// What stands on it.
    #[column(max_chars = 40)]
    pub(super) label: Option<String>,
    /// Whose it is.
    pub(super) owner: i32,
    /// In which of the owner's places.
    #[column(range(0, 99))]
    pub(super) slot: i16,
    /// The model's name, "quoted" and it's escaped.
    #[column(max_chars = 64, default = "it's")]
    pub(super) model: String,
    /// When it came.
    #[column(time = "unix_seconds")]
    pub(super) at: DateTime<Utc>,
    /// When it was seen last.
    #[column(time = "unix_millis", filter)]
    pub(super) seen: DateTime<Utc>,
    /// When it was weighed.
    #[column(time = "datetime3")]
    pub(super) weighed: DateTime<Utc>,
    /// What it costs.
    #[column(precision = 12, scale = 4, filter, default = decimal("0.5"))]
    pub(super) price: Decimal,
    /// A remark.
    #[column(max_chars = 200)]
    pub(super) note: Option<String>,
    /// Any length.
    pub(super) story: String,
    /// Its number elsewhere.
    #[column(filter)]
    pub(super) foreign: Uuid,
    /// What else is known.
    pub(super) other: Option<JsonText>,
    /// A picture.
    pub(super) picture: Vec<u8>,
    /// Whether it is gone.
    #[column(filter, default = false)]
    pub(super) gone: bool,
}

/// A total by hour.
#[derive(Clone, Debug, Entity)]
#[entity(crate = genledger_contract, table = "totals", key(hour))]
pub(super) struct Total {
    /// The hour.
    pub(super) hour: i64,
    /// How many.
    pub(super) count: i64,
    /// How much.
    #[column(precision = 18, scale = 6)]
    pub(super) money: Decimal,
    /// The last one.
    pub(super) last: Option<JsonText>,
}
