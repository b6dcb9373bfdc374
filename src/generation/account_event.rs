//! The events of accounts in the outbox: changes of a status.

use chrono::{DateTime, Utc};
use genledger_contract::{Error, Result, Tx};
use serde::Serialize;

use super::{AccountStatus, MediaStatus, ProviderAccount, Site};
use crate::json::JsonObject;
use crate::outbox::{NewOutboxEvent, Outbox};
use crate::store_or_tx::StoreOrTx;

/// The topic of the events of accounts.
const TOPIC: &str = "generation.account";

/// The statuses of an account.
#[derive(Serialize)]
struct Statuses {
    account: AccountStatus,
    image: MediaStatus,
    video: MediaStatus,
}

impl Statuses {
    const fn of(account: &ProviderAccount) -> Self {
        Self {
            account: account.account_status,
            image: account.usage.image_generation_status,
            video: account.usage.video_generation_status,
        }
    }
}

/// The payload: without the session and the name of the account.
#[derive(Serialize)]
struct Payload {
    v: u8,
    id: String,
    kind: &'static str,
    version: i64,
    site: Site,
    from: Statuses,
    to: Statuses,
    at: i64,
    origin: &'static str,
}

/// Appends the event of a change of a status, in the transaction of the change.
pub(super) async fn append(
    tx: &Tx,
    before: &ProviderAccount,
    account: &ProviderAccount,
    now: DateTime<Utc>,
) -> Result<()> {
    const KIND: &str = "status_changed";
    let payload = Payload {
        v: 1,
        id: account.id.to_string(),
        kind: KIND,
        version: account.version,
        site: account.site_type,
        from: Statuses::of(before),
        to: Statuses::of(account),
        at: now.timestamp_millis(),
        origin: "local",
    };
    let json = serde_json::to_string(&payload);
    let json = json.map_err(|_| Error::invalid("the event cannot be written as JSON"))?;
    let event = NewOutboxEvent::new(TOPIC, payload.id, account.version, KIND)
        .payload(JsonObject::from_text(json))
        .into_event(now)?;
    let outbox = Outbox::of(StoreOrTx::Transaction(tx.clone()));
    outbox.append(&event).await.map(drop)
}
