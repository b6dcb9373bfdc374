//! Rows that another program wrote in its own way: none of them hides the others.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use futures_util::StreamExt;
use genledger::ErrorKind;
use genledger::activity::{
    Activities, Activity, ActivityFilter, ChainScope, GenerateImageLog, OnboardingFunnel,
    SearchFunnel, SearchLog, UserActivateLog, UserLoginLog, WalletLog, WaresBrowseLog,
    WaresCollectionLog,
};
use genledger::contract::entity::JsonText;
use genledger::contract::{Entity, MigrationSet, SessionExt, Store};
use genledger::paging::Paging;
use rust_decimal::Decimal;

use crate::random::Random;
use crate::support::{Logs, cases};

/// Noon of a day in unix milliseconds, as the platform writes it.
const NOON: i64 = 1_750_075_200_000;

/// A login as another program may have written it.
#[derive(Clone, Debug, Entity)]
#[entity(table = "user_login_logs", key(id), append_only)]
struct ForeignLogin {
    /// The id.
    #[column(max_chars = 64)]
    id: String,
    /// The user.
    #[column(max_chars = 64)]
    user_id: Option<String>,
    /// The roles.
    roles: JsonText,
    /// A plain number.
    login_time_stamp: i64,
}

/// A search as another program may have written it.
#[derive(Clone, Debug, Entity)]
#[entity(table = "search_logs", key(id), append_only)]
struct ForeignSearch {
    /// The id.
    #[column(max_chars = 64)]
    id: String,
    /// The word.
    #[column(max_chars = 255)]
    key_word: String,
    /// The code.
    #[column(max_chars = 64)]
    temporary_code: Option<String>,
    /// The number of results.
    result_count: i64,
    /// The roles.
    roles: JsonText,
    /// A plain number.
    record_time_stamp: i64,
}

/// Images as another program may have written them.
#[derive(Clone, Debug, Entity)]
#[entity(table = "generate_image_logs", key(id), append_only)]
struct ForeignImage {
    /// The id.
    #[column(max_chars = 64)]
    id: String,
    /// The user.
    #[column(max_chars = 64)]
    user_id: Option<String>,
    /// The roles.
    roles: JsonText,
    /// The task.
    #[column(max_chars = 64)]
    task_id: String,
    /// The requested parameters.
    parameter_info: JsonText,
    /// Whether there are images.
    is_success: bool,
    /// The images.
    picture_list: JsonText,
    /// The points.
    amount: Decimal,
    /// The waiting time.
    wait_time_stamp: i64,
    /// A plain number.
    start_time_stamp: i64,
    /// A plain number.
    record_time_stamp: i64,
    /// The running time.
    run_time_ms: i64,
    /// Its kind.
    task_kind: i16,
}

fn json(text: &str) -> JsonText {
    JsonText::new(text).unwrap()
}

fn login(id: &str, user: &str, at: i64) -> ForeignLogin {
    ForeignLogin {
        id: id.to_owned(),
        user_id: Some(user.to_owned()),
        roles: json("null"),
        login_time_stamp: at,
    }
}

fn image(id: &str, parameter_info: &str, picture_list: &str, at: i64) -> ForeignImage {
    ForeignImage {
        id: id.to_owned(),
        user_id: Some("u-1".to_owned()),
        roles: json("[\"vip\", 5, null]"),
        task_id: "t-1".to_owned(),
        parameter_info: json(parameter_info),
        is_success: true,
        picture_list: json(picture_list),
        amount: Decimal::ONE,
        wait_time_stamp: 5,
        start_time_stamp: at,
        record_time_stamp: at,
        run_time_ms: 0,
        task_kind: 0,
    }
}

async fn json_of_other_programs_hides_no_row(logs: Logs) {
    let session = logs.store.session();
    let rows = [
        image(
            "a",
            "{\"GenerateImageEnum\":1}",
            "[{\"Width\":1}, null]",
            NOON,
        ),
        image("b", "null", "null", NOON + 1),
        image("c", "{\"Sum\":\"4\",\"Url\":7}", "[{\"Url\":7}]", NOON + 2),
    ];
    session.insert_many(&rows).await.unwrap();
    let page = logs
        .activities
        .of::<GenerateImageLog>()
        .page(&ActivityFilter::new(), &Paging::first(2))
        .await
        .unwrap();
    let ids: Vec<&str> = page.items.iter().map(|log| log.id.as_str()).collect();
    assert_eq!(ids, ["c", "b"]);
    assert_eq!(page.items[0].parameter_info.sum, 4);
    assert_eq!(page.items[0].base.roles, ["vip", "5"]);
    assert_eq!(page.items[1].picture_list, []);
    let first: GenerateImageLog = session.get(&id("a")).await.unwrap();
    assert_eq!((first.picture_list.len(), first.parameter_info.sum), (2, 0));
    // A value that is read leniently is not written: the rules refuse it.
    let rules = genledger::validate::Validate::violations(&first);
    assert!(!rules.is_empty());

    session.insert(&login("l", "u-1", NOON)).await.unwrap();
    let login: UserLoginLog = session.get(&id("l")).await.unwrap();
    assert_eq!(login.base.roles, Vec::<String>::new());
}

/// A flow of a wallet as another program may have written it.
#[derive(Clone, Debug, Entity)]
#[entity(table = "wallet_logs", key(id), append_only)]
struct ForeignFlow {
    /// The id.
    #[column(max_chars = 64)]
    id: String,
    /// The user.
    #[column(max_chars = 64)]
    user_id: Option<String>,
    /// The roles.
    roles: JsonText,
    /// The direction.
    trade_type: i16,
    /// The purpose.
    #[column(max_chars = 128)]
    trade_item: String,
    /// The amount.
    trade_amount: Decimal,
    /// The remaining amount.
    remain_amount: Decimal,
    /// A plain number.
    record_time_stamp: i64,
}

/// Neither a listing nor a chain ends at a row that cannot be read.
async fn a_row_that_cannot_be_read_hides_no_other(logs: Logs) {
    let flow = |id: &str, remain: i64, at: i64| ForeignFlow {
        id: id.to_owned(),
        user_id: Some("u-1".to_owned()),
        roles: json("[]"),
        trade_type: 1,
        trade_item: "image".to_owned(),
        trade_amount: Decimal::ONE,
        remain_amount: remain.into(),
        record_time_stamp: at,
    };
    let nanoseconds = NOON * 1_000_000;
    let rows = [
        flow("w-1", 9, NOON),
        flow("w-2", 5, NOON + 1),
        flow("w-3", 4, NOON + 2),
        flow("w-4", 3, nanoseconds),
        flow("w-5", 2, nanoseconds + 1),
        flow("w-0", 2, -nanoseconds),
    ];
    let session = logs.store.session();
    session.insert_many(&rows).await.unwrap();
    for size in [1, 2, 10] {
        let (mut found, mut unreadable) = (Vec::new(), 0);
        let mut paging = Paging::first(size);
        loop {
            let page = logs
                .activities
                .of::<WalletLog>()
                .page(&ActivityFilter::new(), &paging)
                .await
                .unwrap();
            found.extend(page.items.iter().map(|log| log.id.to_string()));
            unreadable += page.unreadable.len();
            let Some(next) = page.next else { break };
            paging = paging.after(Some(next));
        }
        assert_eq!(found, ["w-3", "w-2", "w-1"]);
        assert_eq!(unreadable, 3);
    }
    let found: Vec<_> = logs
        .activities
        .of::<WalletLog>()
        .chain_breaks(ChainScope::default())
        .collect()
        .await;
    let breaks: Vec<_> = found
        .iter()
        .filter_map(|found| found.as_ref().ok())
        .collect();
    assert_eq!(breaks.len(), 1);
    assert_eq!(breaks[0].later.id.as_str(), "w-2");
    let errors: Vec<_> = found
        .iter()
        .filter_map(|found| found.as_ref().err())
        .collect();
    assert_eq!(errors.len(), 3);
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        let place = (error.table(), error.column());
        assert_eq!(place, (Some("wallet_logs"), Some("record_time_stamp")));
    }
}

fn id(text: &str) -> genledger::id::ActivityId {
    genledger::id::ActivityId::new(text).unwrap()
}

/// Times in nanoseconds in place of milliseconds are not times that this version can represent.
async fn times_outside_of_the_calendar_block_no_funnel(logs: Logs) {
    let session = logs.store.session();
    let mut random = Random(7);
    let activated: Vec<UserActivateLog> = random.logs(1, |_, log| {
        log["UserId"] = "u-1".into();
        log["RecordTimeStamp"] = NOON.into();
    });
    let kept: Vec<WaresCollectionLog> = random.logs(1, |_, log| {
        log["UserId"] = "u-1".into();
        log["RecordTimeStamp"] = (NOON + 3).into();
    });
    let looks: Vec<WaresBrowseLog> = random.logs(1, |_, log| {
        log["UserId"] = "u-1".into();
        log["TemporaryCode"] = "t-1".into();
        log["RecordTimeStamp"] = (NOON + 2).into();
    });
    session.insert_many(&activated).await.unwrap();
    session.insert_many(&kept).await.unwrap();
    session.insert_many(&looks).await.unwrap();
    let nanoseconds = NOON * 1_000_000;
    let logins = [
        login("l-1", "u-2", nanoseconds),
        login("l-2", "u-1", NOON + 1),
    ];
    session.insert_many(&logins).await.unwrap();
    let images = [
        image("i-1", "null", "[{}]", -nanoseconds),
        image("i-2", "5", "5", NOON + 2),
    ];
    session.insert_many(&images).await.unwrap();
    let search = |id: &str, at| ForeignSearch {
        id: id.to_owned(),
        key_word: "sofa".to_owned(),
        temporary_code: Some("t-1".to_owned()),
        result_count: 1,
        roles: json("{}"),
        record_time_stamp: at,
    };
    let searches = [search("s-1", NOON), search("s-2", nanoseconds)];
    session.insert_many(&searches).await.unwrap();

    let every = ActivityFilter::default();
    let funnel = logs.activities.onboarding_funnel(&every).await.unwrap();
    let expected = OnboardingFunnel {
        activated: 1,
        logged_in: 1,
        generated: 1,
        unreadable: 0,
    };
    assert_eq!(funnel, expected);
    let funnel = logs.activities.search_funnel(&every).await.unwrap();
    let expected = SearchFunnel {
        searched: 1,
        browsed: 1,
        collected: 1,
        unreadable: 0,
    };
    assert_eq!(funnel, expected);

    let days = logs
        .activities
        .of::<SearchLog>()
        .count_per_day(&every.of(), Tz::UTC)
        .await
        .unwrap();
    let noon = DateTime::from_timestamp_millis(NOON).unwrap();
    let day: NaiveDate = noon.date_naive();
    assert_eq!(days.days.into_iter().collect::<Vec<_>>(), [(day, 1)]);
    assert_eq!(days.unplaced, 1);
    assert_eq!(
        SearchLog::OCCURRED_AT.definition().name,
        "record_time_stamp"
    );
}

/// The logins of another program, which lets the time be absent.
#[derive(Clone, Debug, Entity)]
#[entity(table = "user_login_logs", key(id), append_only)]
struct AdoptedLogin {
    /// The id.
    #[column(max_chars = 64)]
    id: String,
    /// The user.
    #[column(max_chars = 64)]
    user_id: Option<String>,
    /// The client.
    client_type: Option<i16>,
    /// The channel.
    #[column(max_chars = 64)]
    ctl_channel: Option<String>,
    /// A plain number.
    login_time_stamp: Option<i64>,
}

/// Rows without a time are counted, not skipped.
async fn steps_without_a_time_are_counted(store: &Arc<dyn Store>) {
    let tables = &[
        UserActivateLog::TABLE,
        AdoptedLogin::TABLE,
        GenerateImageLog::TABLE,
    ];
    let tables = MigrationSet::of("adopted", tables);
    store.migrate(&[tables]).await.unwrap();
    let session = store.session();
    let activated: Vec<UserActivateLog> = Random(8).logs(1, |_, log| {
        log["UserId"] = "u-1".into();
        log["RecordTimeStamp"] = NOON.into();
    });
    session.insert_many(&activated).await.unwrap();
    let rows: Vec<AdoptedLogin> = (0..2_500)
        .map(|number| AdoptedLogin {
            id: format!("l-{number:05}"),
            user_id: Some("u-1".to_owned()),
            client_type: None,
            ctl_channel: None,
            login_time_stamp: (number == 2_000).then_some(NOON + 1),
        })
        .collect();
    session.insert_many(&rows).await.unwrap();
    let activities = Activities::new(Arc::clone(store));
    let funnel = activities
        .onboarding_funnel(&ActivityFilter::default())
        .await
        .unwrap();
    let expected = OnboardingFunnel {
        activated: 1,
        logged_in: 1,
        generated: 0,
        unreadable: 2_499,
    };
    assert_eq!(funnel, expected);
}

mod adopted {
    genledger_testkit::store_cases!(steps_without_a_time_are_counted);

    use super::steps_without_a_time_are_counted;
}

cases!(
    a_row_that_cannot_be_read_hides_no_other,
    json_of_other_programs_hides_no_row,
    times_outside_of_the_calendar_block_no_funnel
);
