//! Refused writes change nothing.

use genledger::activity::{
    Activity, ActivityFilter, ActivityKind, ActivityLog, ClientType, GenerateImageLog, NewActivity,
    NewGenerateImageLog, NewPlatformAmountLog, Picture, PlatformAmountLog, SearchLog, WalletLog,
};
use genledger::contract::query::Count;
use genledger::contract::{CodedEnum, Error, ErrorKind, Filter, Query, RowOutcome, SessionExt};
use genledger::id::{ActivityId, ActivityIdGenerator};

use crate::new_logs::{amount, dec, image, points, search, wallet};
use crate::random::Random;
use crate::support::{Logs, cases};

async fn is_empty<L: Activity>(logs: &Logs) -> bool {
    let query: Query<L> = Query::matching(Filter::all()).page_size(1);
    logs.store
        .session()
        .page(&query)
        .await
        .unwrap()
        .items
        .is_empty()
}

fn paths(error: &Error) -> Vec<String> {
    assert_eq!(error.kind(), ErrorKind::Invalid);
    error
        .violations()
        .iter()
        .map(|violation| format!("{} {}", violation.path(), violation.rule()))
        .collect()
}

async fn a_broken_rule_writes_nothing(logs: Logs) {
    let mut bad = amount();
    bad.amount = dec("0.0000001");
    let amounts = logs.activities.of::<PlatformAmountLog>();
    let with_id = |new: NewPlatformAmountLog| new.with_id(ActivityId::new("a").unwrap());
    let error = amounts.append(&with_id(bad.clone())).await.unwrap_err();
    assert_eq!(paths(&error), ["Amount too_many_digits"]);
    let ids = ActivityIdGenerator::system();
    assert_eq!(
        paths(&bad.clone().into_log(&ids).unwrap_err()),
        paths(&error)
    );
    let mut worse = amount();
    worse.amount = dec("-1");
    worse.base.client_type = ClientType::from_code(4);
    let many = [amount(), bad, amount(), worse].map(with_id);
    let error = amounts.append_many(&many).await.unwrap_err();
    assert_eq!(
        paths(&error),
        [
            "[1].Amount too_many_digits",
            "[3].ClientType unrecognized_code",
            "[3].Amount negative"
        ]
    );
    assert!(is_empty::<PlatformAmountLog>(&logs).await);
}

async fn a_mixed_batch_is_all_or_nothing(logs: Logs) {
    let id = |name: &str| ActivityId::new(name).unwrap();
    let mut bad = points();
    bad.remain_amount = dec("-1");
    let batch = |last: genledger::activity::NewTelepathyLog| -> Vec<ActivityLog> {
        vec![
            search().with_id(id("a")).into(),
            wallet().with_id(id("a")).into(),
            last.with_id(id("a")).into(),
            search().with_id(id("b")).into(),
        ]
    };
    let error = logs.activities.append_many(&batch(bad)).await.unwrap_err();
    assert_eq!(paths(&error), ["[2].RemainAmount negative"]);
    let mut long = points();
    long.trade_item = "x".repeat(129);
    let error = logs.activities.append_many(&batch(long)).await.unwrap_err();
    assert_eq!(paths(&error), ["[2].TradeItem too_long"]);
    assert!(is_empty::<SearchLog>(&logs).await && is_empty::<WalletLog>(&logs).await);

    let outcomes = logs.activities.append_many(&batch(points())).await.unwrap();
    assert_eq!(outcomes, [RowOutcome::New; 4]);
    let mut again = batch(points());
    again.push(search().with_id(id("c")).into());
    let mut other = search();
    other.result_count = 7;
    again[0] = other.with_id(id("a")).into();
    let outcomes = logs.activities.append_many(&again).await.unwrap();
    let (new, present) = (RowOutcome::New, RowOutcome::Present);
    assert_eq!(
        outcomes,
        [RowOutcome::Different, present, present, present, new]
    );
    let kept = logs
        .activities
        .of::<SearchLog>()
        .get(&id("a"))
        .await
        .unwrap();
    assert_eq!(kept.result_count, 0);
}

async fn columns_refuse_what_no_rule_saw(logs: Logs) {
    let id = ActivityId::new("a").unwrap();
    let session = logs.store.session();
    let mut digits = amount().with_id(id.clone());
    digits.amount = dec("0.0000001");
    let error = session.insert(&digits).await.unwrap_err();
    assert_eq!(paths(&error), ["Amount too_many_digits"]);
    let mut code = amount().with_id(id.clone());
    code.flow_type = CodedEnum::from_code(9);
    let error = session.insert(&code).await.unwrap_err();
    assert_eq!(paths(&error), ["FlowType unrecognized_code"]);
    let mut word = search().with_id(id);
    word.key_word = "x\0".into();
    let error = session.insert(&word).await.unwrap_err();
    assert_eq!(paths(&error), ["KeyWord nul_character"]);
    assert!(is_empty::<PlatformAmountLog>(&logs).await && is_empty::<SearchLog>(&logs).await);
}

/// Pictures whose JSON has about this many bytes.
fn pictures(bytes: usize) -> Vec<Picture> {
    let picture = |index: usize| Picture {
        url: format!("https://cdn.example/{index:08}{}", "x".repeat(70)),
        ..Picture::default()
    };
    (0..bytes / 109).map(picture).collect()
}

/// 10 MB are within the library's limit: a store accepts them, or reports that its server does not.
async fn a_list_of_ten_megabytes(logs: Logs) {
    let mut new = image();
    new.picture_list = pictures(10_000_000);
    new.parameter_info.sum = i32::try_from(new.picture_list.len()).unwrap();
    let bytes = serde_json::to_string(&new.picture_list).unwrap().len();
    assert!((9_500_000..10_500_000).contains(&bytes));
    let most = logs.store.capability().max_value_bytes;
    let images = logs.activities.of::<GenerateImageLog>();
    let log = new.into_log(&ActivityIdGenerator::system()).unwrap();
    match images.append(&log).await {
        Ok(is_new) => {
            assert!(is_new && bytes <= most);
            let read = images.get(&log.id).await.unwrap();
            assert!(read == log, "the log was not read as it was written");
        }
        Err(error) => {
            assert!(bytes > most, "{error}");
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert!(is_empty::<GenerateImageLog>(&logs).await);
        }
    }
}

async fn a_list_that_is_too_long(logs: Logs) {
    let mut new = image();
    new.picture_list = pictures(17 << 20);
    new.parameter_info.sum = i32::try_from(new.picture_list.len()).unwrap();
    let images = logs.activities.of::<GenerateImageLog>();
    let with_id = |new: NewGenerateImageLog| new.with_id(ActivityId::new("a").unwrap());
    let error = images.append(&with_id(new.clone())).await.unwrap_err();
    assert_eq!(paths(&error), ["PictureList too_long"]);
    let many = [image(), new].map(with_id);
    let error = images.append_many(&many).await.unwrap_err();
    assert_eq!(paths(&error), ["[1].PictureList too_long"]);
    assert!(is_empty::<GenerateImageLog>(&logs).await);
}

/// A stream of every kind, appended twice.
async fn every_kind_in_one_stream(logs: Logs) {
    let text = crate::fixtures::read("activity_log.jsonl");
    let line = |line| serde_json::from_str::<ActivityLog>(line).unwrap();
    let mut all: Vec<ActivityLog> = text.lines().map(line).collect();
    let more: Vec<SearchLog> = Random(70).logs(5, |_, _| {});
    all.extend(more.into_iter().map(ActivityLog::from));
    let outcomes = logs.activities.append_many(&all).await.unwrap();
    assert_eq!(outcomes, vec![RowOutcome::New; ActivityKind::ALL.len() + 5]);
    let outcomes = logs.activities.append_many(&all).await.unwrap();
    assert_eq!(
        outcomes,
        vec![RowOutcome::Present; ActivityKind::ALL.len() + 5]
    );
    let every = ActivityFilter::default();
    let count = logs
        .store
        .session()
        .count(every.of::<SearchLog>().condition(), 100)
        .await
        .unwrap();
    assert_eq!(count, Count::Exactly(6));
}

cases!(
    a_broken_rule_writes_nothing,
    a_mixed_batch_is_all_or_nothing,
    columns_refuse_what_no_rule_saw,
    a_list_of_ten_megabytes,
    a_list_that_is_too_long,
    every_kind_in_one_stream,
);
