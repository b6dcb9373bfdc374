//! The entity `MerchantSettleLog`: its columns and rules.

use chrono::{DateTime, Utc};

use super::{Activity, BaseInfo, rules};
use crate::contract::json::millis;
use crate::contract::{Entity, JsonRecord, New, Violations};
use crate::id::ActivityId;
use crate::validate::Validate;

/// A merchant joined the platform.
///
/// ```
/// use genledger::activity::{ClientType, MerchantSettleLog};
///
/// let json = r#"{"ID":"a-1","UserId":"u-1","RecordTimeStamp":1750000000000}"#;
/// let log: MerchantSettleLog = serde_json::from_str(json)?;
/// assert_eq!(log.base.client_type, ClientType::Unknown);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Entity, JsonRecord, New, Activity)]
#[entity(
    table = "merchant_settle_logs",
    key(id),
    append_only,
    index(record_time_stamp desc, id desc),
    index(user_id, record_time_stamp desc, id desc)
)]
#[json(rename_all = "PascalCase")]
#[activity(kind = MerchantSettle, time = record_time_stamp, needs_user)]
pub struct MerchantSettleLog {
    /// The id, made by the client; opaque.
    #[json(name = "ID")]
    #[new(argument)]
    pub id: ActivityId,
    /// The common part.
    #[embed]
    pub base: BaseInfo,
    /// When it happened.
    #[column(time = "unix_millis")]
    #[json(with = millis)]
    pub record_time_stamp: DateTime<Utc>,
}

/// The [rules of every log](super#rules), and no others.
impl Validate for MerchantSettleLog {
    fn violations(&self) -> Violations {
        rules::common(self)
    }
}
