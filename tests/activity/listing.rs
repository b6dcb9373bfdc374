//! Pages of every log against sorting and filtering in Rust.

use genledger::activity::{
    Activity, ActivityFilter, FlowType, GenerateImageLog, MerchantClueLog, MerchantSettleLog,
    ModelOperateLog, ModelOperation, ModelUseLog, OrderLog, PlatformAmountLog, SearchLog,
    TelepathyLog, UserActivateLog, UserLoginLog, WalletLog, WaresBrowseLog, WaresCollectionLog,
};
use genledger::contract::{ErrorKind, Filter, SessionExt};
use genledger::paging::Paging;
use serde_json::json;

use crate::random::{Random, selects};
use crate::support::{Logs, cases};

/// All pages, one after the other.
async fn pages<L: Activity>(
    logs: &Logs,
    filter: &ActivityFilter,
    further: Filter<L>,
    size: u32,
) -> Vec<L> {
    let mut all = Vec::new();
    let mut paging = Paging::first(size);
    loop {
        let page = logs
            .activities
            .of()
            .page(&filter.of().and(further.clone()), &paging)
            .await
            .unwrap();
        assert!(page.items.len() <= usize::try_from(size).unwrap());
        all.extend(page.items);
        let Some(next) = page.next else {
            return all;
        };
        paging = paging.after(Some(next));
    }
}

/// Newest first, then by id.
fn sorted<L: Activity>(mut logs: Vec<L>) -> Vec<L> {
    logs.sort_by(|one, other| {
        let key = |log: &L| (log.occurred_at(), log.id().clone());
        key(other).cmp(&key(one))
    });
    logs
}

async fn list<L: Activity + PartialEq + std::fmt::Debug>(logs: &Logs, seed: u64) {
    let mut random = Random(seed);
    let all: Vec<L> = random.logs(90, |random, log| {
        if L::TABLE.name == "generate_image_logs" {
            log["StartTimeStamp"] = log["RecordTimeStamp"].clone();
            log["TaskId"] = json!(random.below(5).to_string());
        }
    });
    logs.store.session().insert_many(&all).await.unwrap();
    for round in 0..8 {
        let filter = if round == 0 {
            ActivityFilter::default()
        } else {
            random.filter()
        };
        let selected = all
            .iter()
            .filter(|log| selects(&filter, *log))
            .cloned()
            .collect();
        let size = u32::try_from(1 + random.below(40)).unwrap();
        let found = pages::<L>(logs, &filter, Filter::all(), size).await;
        assert_eq!(found, sorted(selected), "{filter:?}");
    }
    let first = &all[0];
    assert_eq!(
        logs.activities
            .of::<L>()
            .find(first.id())
            .await
            .unwrap()
            .as_ref(),
        Some(first)
    );
}

async fn every_log_is_listed(logs: Logs) {
    list::<GenerateImageLog>(&logs, 1).await;
    list::<MerchantClueLog>(&logs, 2).await;
    list::<MerchantSettleLog>(&logs, 3).await;
    list::<ModelOperateLog>(&logs, 4).await;
    list::<ModelUseLog>(&logs, 5).await;
    list::<OrderLog>(&logs, 6).await;
    list::<PlatformAmountLog>(&logs, 7).await;
    list::<SearchLog>(&logs, 8).await;
    list::<TelepathyLog>(&logs, 9).await;
    list::<UserActivateLog>(&logs, 10).await;
    list::<UserLoginLog>(&logs, 11).await;
    list::<WalletLog>(&logs, 12).await;
    list::<WaresBrowseLog>(&logs, 13).await;
    list::<WaresCollectionLog>(&logs, 14).await;
}

async fn own_fields_are_conditions(logs: Logs) {
    let mut random = Random(20);
    let every = ActivityFilter::default();
    let session = logs.store.session();

    let all: Vec<ModelOperateLog> = random.logs(60, |random, log| {
        log["OperateType"] = json!(1 + random.below(9));
    });
    session.insert_many(&all).await.unwrap();
    let list = ModelOperateLog::OPERATE_TYPE.eq(ModelOperation::UserList);
    let expected = all
        .iter()
        .filter(|log| log.operate_type == ModelOperation::UserList);
    let found = pages(&logs, &every, list, 7).await;
    assert_eq!(found, sorted(expected.cloned().collect()));

    let all: Vec<PlatformAmountLog> = random.logs(60, |random, log| {
        log["FlowType"] = json!(random.below(2));
        log["TradeType"] = json!(random.pick(&["vip", "VIP", "vip ", ""]));
    });
    session.insert_many(&all).await.unwrap();
    let vip =
        PlatformAmountLog::FLOW_TYPE.eq(FlowType::Income) & PlatformAmountLog::TRADE_TYPE.eq("vip");
    let expected = all
        .iter()
        .filter(|log| log.flow_type == FlowType::Income && log.trade_type == "vip");
    let found = pages(&logs, &every, vip, 7).await;
    assert_eq!(found, sorted(expected.cloned().collect()));

    let all: Vec<WaresBrowseLog> = random.logs(60, |random, log| {
        log["TemporaryCode"] = json!(random.pick(&[None, Some("a"), Some("A"), Some("")]));
    });
    session.insert_many(&all).await.unwrap();
    for code in [Some("a"), Some(""), None] {
        let filter = match code {
            Some(code) => WaresBrowseLog::TEMPORARY_CODE.eq(code),
            None => WaresBrowseLog::TEMPORARY_CODE.is_null(),
        };
        let expected = all
            .iter()
            .filter(|log| log.temporary_code.as_deref() == code);
        let found = pages(&logs, &every, filter, 7).await;
        assert_eq!(found, sorted(expected.cloned().collect()));
    }
}

async fn a_page_is_refused_that_makes_no_sense(logs: Logs) {
    let mut random = Random(30);
    let all: Vec<SearchLog> = random.logs(3, |_, _| {});
    logs.store.session().insert_many(&all).await.unwrap();
    let every = ActivityFilter::default();
    let list = async |filter: &ActivityFilter, paging: Paging| {
        logs.activities
            .of::<SearchLog>()
            .page(&filter.of(), &paging)
            .await
    };
    for size in [0, 1001] {
        let error = list(&every, Paging::first(size)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
    let page = list(&every, Paging::first(1)).await.unwrap();
    let other = every.user_id("u-1");
    let error = list(&other, Paging::first(1).after(page.next))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

cases!(
    every_log_is_listed,
    own_fields_are_conditions,
    a_page_is_refused_that_makes_no_sense,
);
