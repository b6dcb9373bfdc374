//! The chain of remaining amounts against a walk in Rust.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use genledger::activity::{
    ActivityFilter, ChainBreak, ChainScope, Chained, TelepathyLog, WalletLog,
};
use genledger::contract::{CodedEnum, SessionExt};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::random::{Random, selects};
use crate::support::{Logs, cases};

/// Chains of several users with a few wrong links.
fn chains<L: Chained>(random: &mut Random, kind: &str) -> Vec<L> {
    let mut remains: BTreeMap<String, Decimal> = BTreeMap::new();
    let (mut clock, mut count) = (1_750_000_000_000_i64, 0);
    random.logs(260, |random, log| {
        // Some rows have the time of the row before: then the id decides.
        clock += random.below(4);
        log["RecordTimeStamp"] = json!(clock);
        count += 1;
        log["ID"] = json!(format!("{clock}-{count:06}"));
        let amount = Decimal::new(random.below(1_000_000), random.pick(&[0, 2, 6]));
        let income = random.chance(60);
        log[kind] = json!(if income { 2 } else { 1 });
        log["TradeAmount"] = json!(amount.to_string());
        let user = log["UserId"].as_str().unwrap_or_default().to_owned();
        let remain = remains.entry(user).or_default();
        *remain += if income { amount } else { -amount };
        if random.chance(10) {
            *remain += Decimal::new(1, 6);
        }
        log["RemainAmount"] = Value::String(remain.to_string());
    })
}

/// Each pair of neighbours of a user that does not fit.
fn walk<L: Chained>(logs: &[L], filter: &ActivityFilter) -> Vec<(String, String, Option<Decimal>)> {
    let mut users: BTreeMap<&str, Vec<&L>> = BTreeMap::new();
    for log in logs.iter().filter(|log| selects(filter, *log)) {
        if let Some(user) = &log.base().user_id {
            users.entry(user).or_default().push(log);
        }
    }
    let mut found = Vec::new();
    for rows in users.values_mut() {
        rows.sort_by_key(|log| (log.occurred_at(), log.id().clone()));
        for pair in rows.windows(2) {
            let expected = pair[1].change().map(|change| pair[0].remain() + change);
            if expected != Some(pair[1].remain()) {
                let id = |log: &L| log.id().to_string();
                found.push((id(pair[0]), id(pair[1]), expected));
            }
        }
    }
    found.sort();
    found
}

async fn verify<L: Chained>(logs: &Logs, all: &[L], random: &mut Random) {
    logs.store.session().insert_many(all).await.unwrap();
    for round in 0..4 {
        let mut scope = ChainScope::default();
        if round > 0 {
            scope.user_id = random.user();
            scope.from = Some(all[usize::try_from(random.below(200)).unwrap()].occurred_at());
        }
        let filter: ActivityFilter = scope.clone().into();
        let stream = logs.activities.of::<L>().chain_breaks(scope);
        let breaks: Vec<ChainBreak<L>> = stream.try_collect().await.unwrap();
        let mut found: Vec<_> = breaks
            .iter()
            .map(|link| {
                (
                    link.earlier.id().to_string(),
                    link.later.id().to_string(),
                    link.expected,
                )
            })
            .collect();
        found.sort();
        let expected = walk(all, &filter);
        assert!(round > 0 || expected.len() > 5);
        assert_eq!(found, expected, "{filter:?}");
    }
}

async fn every_break_is_reported(logs: Logs) {
    let mut random = Random(60);
    let points: Vec<TelepathyLog> = chains(&mut random, "TelepathyTradeFlowType");
    verify(&logs, &points, &mut random).await;
    let money: Vec<WalletLog> = chains(&mut random, "TradeType");
    verify(&logs, &money, &mut random).await;
}

/// A chain over several pages, with one wrong link where a page ends.
async fn a_break_between_two_pages(logs: Logs) {
    let mut count = 0_i64;
    let all: Vec<WalletLog> = Random(61).logs(2_500, |_, log| {
        log["UserId"] = json!("u-1");
        log["ID"] = json!(format!("{count:06}"));
        log["RecordTimeStamp"] = json!(1_750_000_000_000_i64 + count);
        log["TradeType"] = json!(2);
        log["TradeAmount"] = json!(1);
        // Pages are read from the newest row on.
        count += 1;
        log["RemainAmount"] = json!(if count <= 1_500 { count } else { count + 7 });
    });
    logs.store.session().insert_many(&all).await.unwrap();
    let wallets = logs.activities.of::<WalletLog>();
    let stream = wallets.chain_breaks(ChainScope::default());
    let breaks: Vec<ChainBreak<WalletLog>> = stream.try_collect().await.unwrap();
    assert_eq!(breaks.len(), 1);
    assert_eq!(breaks[0].earlier, all[1_499]);
    assert_eq!(breaks[0].later, all[1_500]);
    assert_eq!(breaks[0].expected, Some(Decimal::from(1_501)));
}

/// A direction that this version does not know: nothing can be expected after it.
#[test]
fn an_unknown_direction_has_no_change() {
    let mut log: WalletLog = Random(62).logs(1, |_, _| {}).remove(0);
    log.trade_type = CodedEnum::from_code(3);
    assert_eq!(log.change(), None);
}

cases!(every_break_is_reported, a_break_between_two_pages);
