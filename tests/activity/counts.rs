//! Days, sums and percentiles against counting in Rust.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use genledger::activity::{
    Activity, ActivityFilter, Directed, FlowDirection, FlowSums, GenerateImageLog, Percentiles,
    PlatformAmountLog, SearchLog, TelepathyLog, WalletLog,
};
use genledger::contract::{CodedEnum, Entity, SessionExt};
use genledger::paging::Paging;
use rust_decimal::Decimal;
use serde_json::json;

use crate::random::{Random, selects};
use crate::support::{Logs, cases};

const ZONES: [Tz; 7] = [
    Tz::UTC,
    Tz::Asia__Shanghai,
    Tz::Europe__Berlin,
    Tz::America__St_Johns,
    Tz::Asia__Kathmandu,
    Tz::Pacific__Apia,
    // 10 hours and 40 minutes behind until 1979.
    Tz::Pacific__Kiritimati,
];

async fn days_of_many_zones(logs: Logs) {
    let mut random = Random(40);
    let all: Vec<SearchLog> = random.logs(700, |random, log| {
        log["KeyWord"] = json!(random.pick(&["a", "b"]));
    });
    logs.store.session().insert_many(&all).await.unwrap();
    for zone in ZONES {
        for _ in 0..3 {
            let filter = random.filter();
            let mut expected: BTreeMap<NaiveDate, i64> = BTreeMap::new();
            for log in all
                .iter()
                .filter(|log| selects(&filter, *log) && log.key_word == "a")
            {
                let day = log.record_time_stamp.with_timezone(&zone).date_naive();
                *expected.entry(day).or_default() += 1;
            }
            let word = SearchLog::KEY_WORD.eq("a");
            let found = logs
                .activities
                .of::<SearchLog>()
                .count_per_day(&filter.of().and(word), zone)
                .await;
            let found = found.unwrap();
            assert_eq!(found.days, expected, "{zone} {filter:?}");
            assert_eq!(found.unplaced, 0);
        }
    }
}

/// The clock in St. John's went from 00:01 back to 23:01 of the day before.
async fn a_day_that_ends_twice(logs: Logs) {
    let at = |time: &str| -> DateTime<Utc> { time.parse().unwrap() };
    let times = [
        // The quarter in which the first end is, from its first moment on.
        ("2006-10-29T02:30:00Z", 29),
        ("2006-10-29T02:30:30Z", 29),
        ("2006-10-29T02:31:00Z", 28),
        // The first moment of the next one.
        ("2006-10-29T02:45:00Z", 28),
        ("2006-10-29T03:29:59.999Z", 28),
        ("2006-10-29T03:30:00Z", 29),
    ];
    let mut left = times.iter();
    let all: Vec<SearchLog> = Random(41).logs(times.len(), |_, log| {
        let (time, _) = left.next().unwrap();
        log["RecordTimeStamp"] = json!(at(time).timestamp_millis());
    });
    logs.store.session().insert_many(&all).await.unwrap();
    let every = ActivityFilter::default();
    let days = logs
        .activities
        .of::<SearchLog>()
        .count_per_day(&every.of(), Tz::America__St_Johns)
        .await
        .unwrap();
    let day = |day| NaiveDate::from_ymd_opt(2006, 10, day).unwrap();
    assert_eq!(days.days, BTreeMap::from([(day(28), 3), (day(29), 3)]));
}

/// The table of platform amounts as a newer version writes it, with codes that this one lacks.
#[derive(Clone, Debug, Entity)]
#[entity(table = "platform_amount_logs", key(id), append_only)]
struct NewerAmount {
    /// The id.
    #[column(max_chars = 64)]
    id: String,
    /// The user.
    #[column(max_chars = 64)]
    user_id: Option<String>,
    /// The client.
    client_type: i16,
    /// The device.
    #[column(max_chars = 128)]
    ctl_dev_id: Option<String>,
    /// The channel.
    #[column(max_chars = 64)]
    ctl_channel: Option<String>,
    /// The version.
    #[column(max_chars = 32)]
    ctl_version: Option<String>,
    /// Reserved.
    description: Option<String>,
    /// The session.
    #[column(max_chars = 255)]
    session_id: Option<String>,
    /// Roles.
    #[column(json)]
    roles: Vec<String>,
    /// The direction.
    flow_type: i16,
    /// The amount.
    amount: Decimal,
    /// The purpose.
    #[column(max_chars = 64)]
    trade_type: String,
    /// The time.
    #[column(time = "unix_millis")]
    record_time_stamp: DateTime<Utc>,
}

/// A log with other codes than this version knows, as a row of the newer version.
fn newer(log: &PlatformAmountLog, client_type: i16, flow_type: i16) -> NewerAmount {
    NewerAmount {
        id: log.id.to_string(),
        user_id: log.base.user_id.clone(),
        client_type,
        ctl_dev_id: log.base.ctl_dev_id.clone(),
        ctl_channel: log.base.ctl_channel.clone(),
        ctl_version: log.base.ctl_version.clone(),
        description: log.base.description.clone(),
        session_id: None,
        roles: log.base.roles.clone(),
        flow_type,
        amount: log.amount,
        trade_type: log.trade_type.clone(),
        record_time_stamp: log.record_time_stamp,
    }
}

async fn sums_with_codes_of_a_newer_version(logs: Logs) {
    let mut random = Random(42);
    let session = logs.store.session();
    let mut all: Vec<PlatformAmountLog> = random.logs(200, |random, log| {
        log["FlowType"] = json!(random.below(2));
        let micros = random.below(1_000_000_000);
        log["Amount"] = json!(Decimal::new(micros, 6).to_string());
    });
    let (known, rest) = all.split_at_mut(150);
    session.insert_many(known).await.unwrap();
    let mut rows = Vec::new();
    for log in rest {
        let (client, flow) = (random.pick(&[0, 4, 42]), random.pick(&[0, 1, 2, 7]));
        let row = newer(log, client, flow);
        log.base.client_type = CodedEnum::from_code(client);
        log.base.session_id = None;
        log.flow_type = CodedEnum::from_code(flow);
        rows.push(row);
    }
    session.insert_many(&rows).await.unwrap();

    for round in 0..12 {
        let filter = if round == 0 {
            Default::default()
        } else {
            random.filter()
        };
        let mut expected = FlowSums::default();
        for log in all.iter().filter(|log| selects(&filter, *log)) {
            let sum = match log.flow_type.direction() {
                Some(FlowDirection::Income) => &mut expected.income,
                Some(FlowDirection::Expense) => &mut expected.expense,
                None => &mut expected.unrecognized,
            };
            *sum += log.amount;
        }
        let found = logs
            .activities
            .of::<PlatformAmountLog>()
            .sums_by_direction(&filter.of())
            .await
            .unwrap();
        assert_eq!(found, expected, "{filter:?}");

        // They are listed and counted like all other rows.
        let selected = all.iter().filter(|log| selects(&filter, *log));
        let mut expected: Vec<_> = selected.cloned().collect();
        expected.sort_by_key(|log| (log.record_time_stamp, log.id.clone()));
        expected.reverse();
        let paging = Paging::first(1_000);
        let amounts = logs.activities.of::<PlatformAmountLog>();
        let page = amounts.page(&filter.of(), &paging).await;
        assert_eq!(page.unwrap().items, expected, "{filter:?}");
        let days = logs
            .activities
            .of::<PlatformAmountLog>()
            .count_per_day(&filter.of(), Tz::UTC)
            .await
            .unwrap();
        let count = i64::try_from(expected.len()).unwrap();
        assert_eq!(days.days.values().sum::<i64>(), count);
    }

    // A log that was read keeps its unknown code, in JSON too; it cannot be written as a new one.
    let unknown = all.iter().find(|log| !log.flow_type.is_known()).unwrap();
    let amounts = logs.activities.of::<PlatformAmountLog>();
    let read = amounts.get(&unknown.id).await.unwrap();
    assert_eq!(&read, unknown);
    let text = serde_json::to_string(&read).unwrap();
    assert_eq!(
        serde_json::from_str::<PlatformAmountLog>(&text).unwrap(),
        read
    );
}

async fn sums_of_the_twins(logs: Logs) {
    let mut random = Random(43);
    let session = logs.store.session();
    let points: Vec<TelepathyLog> = random.logs(80, |random, log| {
        log["TelepathyTradeFlowType"] = json!(1 + random.below(2));
    });
    let money: Vec<WalletLog> = random.logs(80, |random, log| {
        log["TradeType"] = json!(1 + random.below(2));
    });
    session.insert_many(&points).await.unwrap();
    session.insert_many(&money).await.unwrap();
    let filter = ActivityFilter::default();
    let sum = |amounts: Vec<(Option<FlowDirection>, Decimal)>, way| -> Decimal {
        let same = amounts
            .into_iter()
            .filter(|(direction, _)| *direction == Some(way));
        same.map(|(_, amount)| amount).sum()
    };
    let found = logs
        .activities
        .of::<TelepathyLog>()
        .sums_by_direction(&filter.of())
        .await
        .unwrap();
    let all: Vec<_> = points
        .iter()
        .map(|log| (log.telepathy_trade_flow_type.direction(), log.trade_amount))
        .collect();
    assert_eq!(found.income, sum(all.clone(), FlowDirection::Income));
    assert_eq!(found.expense, sum(all, FlowDirection::Expense));
    let found = logs
        .activities
        .of::<WalletLog>()
        .sums_by_direction(&filter.of())
        .await
        .unwrap();
    let all: Vec<_> = money
        .iter()
        .map(|log| (log.trade_type.direction(), log.trade_amount))
        .collect();
    assert_eq!(found.income, sum(all.clone(), FlowDirection::Income));
    assert_eq!(found.expense, sum(all, FlowDirection::Expense));
}

async fn how_image_generation_went(logs: Logs) {
    let mut random = Random(44);
    let none = logs
        .activities
        .of::<GenerateImageLog>()
        .image_stats(&Default::default())
        .await
        .unwrap();
    assert_eq!(
        (none.tasks, none.wait, none.success_per_mille()),
        (0, None, None)
    );
    let all: Vec<GenerateImageLog> = random.logs(300, |random, log| {
        let end = log["RecordTimeStamp"].as_i64().unwrap();
        log["IsSuccess"] = json!(random.chance(70));
        log["WaitTimeStamp"] = json!(random.below(50));
        log["ParameterInfo"]["GenerateImageEnum"] = json!(random.below(6) + 1);
        log["StartTimeStamp"] = json!(end - random.below(60_000));
    });
    logs.store.session().insert_many(&all).await.unwrap();
    for round in 0..8 {
        let filter = if round == 0 {
            Default::default()
        } else {
            random.filter()
        };
        let chosen: Vec<&GenerateImageLog> =
            all.iter().filter(|log| selects(&filter, *log)).collect();
        let images = logs.activities.of::<GenerateImageLog>();
        let stats = images.image_stats(&filter.of()).await.unwrap();
        let succeeded = chosen.iter().filter(|log| log.is_success).count();
        assert_eq!(stats.tasks, i64::try_from(chosen.len()).unwrap());
        assert_eq!(stats.succeeded, i64::try_from(succeeded).unwrap());
        assert_eq!(
            stats.wait,
            ranks(chosen.iter().map(|log| log.wait_time_stamp))
        );
        let run = |log: &&GenerateImageLog| log.record_time_stamp - log.start_time_stamp;
        assert_eq!(
            stats.run,
            ranks(chosen.iter().map(|log| run(log).num_milliseconds()))
        );
        let mut kinds: BTreeMap<i16, (i64, i64)> = BTreeMap::new();
        for log in &chosen {
            let (tasks, succeeded) = kinds.entry(log.parameter_info.kind.code()).or_default();
            *tasks += 1;
            *succeeded += i64::from(log.is_success);
        }
        let found = images.image_stats_by_kind(&filter.of()).await.unwrap();
        let found = found
            .into_iter()
            .map(|stats| (stats.kind.code(), (stats.tasks, stats.succeeded)));
        assert_eq!(
            found.collect::<Vec<_>>(),
            kinds.into_iter().collect::<Vec<_>>()
        );
    }
}

/// Percentiles by nearest rank, over all values.
fn ranks(values: impl Iterator<Item = i64>) -> Option<Percentiles> {
    let mut values: Vec<i64> = values.collect();
    values.sort_unstable();
    let rank = |percent: usize| {
        let at = (values.len() * percent).div_ceil(100);
        values.get(at.checked_sub(1)?).copied()
    };
    Some(Percentiles {
        p50: rank(50)?,
        p95: rank(95)?,
    })
}

#[test]
fn the_newer_table_has_the_same_columns() {
    let names = |table: &genledger::contract::table::TableDef| -> Vec<&str> {
        table.columns.iter().map(|column| column.name).collect()
    };
    assert_eq!(names(NewerAmount::TABLE), names(PlatformAmountLog::TABLE));
    assert_eq!(
        PlatformAmountLog::KIND.table().name,
        NewerAmount::TABLE.name
    );
}

cases!(
    days_of_many_zones,
    a_day_that_ends_twice,
    sums_with_codes_of_a_newer_version,
    sums_of_the_twins,
    how_image_generation_went,
);
