//! Frozen JSON of every log is read and written back unchanged, byte for byte.

use std::path::PathBuf;

use genledger::activity::{Activity, ActivityKind, ActivityLog};

pub(crate) fn read(file: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/fixtures/v0_1", file]
        .iter()
        .collect();
    std::fs::read_to_string(path).unwrap()
}

/// The file of a log: `search_log.json`.
pub(crate) fn file<L: Activity>(suffix: &str) -> String {
    let table = L::TABLE.name.strip_suffix('s').unwrap();
    format!("{table}{suffix}.json")
}

/// Calls a function with each of the fourteen types.
macro_rules! of_every_log {
    ($check:ident) => {
        $check::<genledger::activity::GenerateImageLog>();
        $check::<genledger::activity::MerchantClueLog>();
        $check::<genledger::activity::MerchantSettleLog>();
        $check::<genledger::activity::ModelOperateLog>();
        $check::<genledger::activity::ModelUseLog>();
        $check::<genledger::activity::OrderLog>();
        $check::<genledger::activity::PlatformAmountLog>();
        $check::<genledger::activity::SearchLog>();
        $check::<genledger::activity::TelepathyLog>();
        $check::<genledger::activity::UserActivateLog>();
        $check::<genledger::activity::UserLoginLog>();
        $check::<genledger::activity::WalletLog>();
        $check::<genledger::activity::WaresBrowseLog>();
        $check::<genledger::activity::WaresCollectionLog>();
    };
}

pub(crate) use of_every_log;

fn check<L: Activity + Into<ActivityLog>>() {
    for suffix in ["", "_sparse", "_foreign"] {
        let text = read(&file::<L>(suffix));
        let text = text.trim_end();
        let log: L = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&log).unwrap(), text);
        // Members may come in any order.
        let members: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).unwrap();
        assert_eq!(members.len(), L::MEMBERS);
        assert!(L::NAMES.iter().all(|name| members.contains_key(*name)));
        // The rules apply to logs that are written; logs of other programs are read without them.
        assert_eq!(log.occurred_at(), log.clone().into().occurred_at());
    }
}

#[test]
fn every_log_is_written_back_as_it_was() {
    of_every_log!(check);
}

#[test]
fn every_envelope_is_written_back_as_it_was() {
    use genledger::validate::Validate;

    let text = read("activity_log.jsonl");
    let mut kinds = Vec::new();
    for line in text.lines() {
        let log: ActivityLog = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_string(&log).unwrap(), line);
        assert!(log.violations().is_empty(), "{log:?}");
        assert_eq!(log.id().as_str(), "0197728f5a4073b7a1f00c5d8e1f2a3b");
        assert_eq!(log.base().user_id.as_deref(), Some("u-1"));
        assert!(log.occurred_at().timestamp_millis() >= 1_750_000_000_000);
        kinds.push(log.kind());
    }
    assert_eq!(kinds, ActivityKind::ALL);
}
