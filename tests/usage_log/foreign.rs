//! Rows that another program wrote in its own way: none of them hides the others.

use std::sync::Arc;

use chrono_tz::Tz;
use genledger::ErrorKind;
use genledger::contract::entity::JsonText;
use genledger::contract::query::Count;
use genledger::contract::{Entity, MigrationSet, SessionExt, Store};
use genledger::id::UsageLogId;
use genledger::paging::Paging;
use genledger::retention::Retention;
use genledger::time::{Calendar, Period};
use genledger::usage::{
    UsageDimension, UsageGrouping, UsageLogFilter, UsageLogs, UsageRollup, UsageRollupCoverage,
    UsageRollupSet, UsageRollups, UsageSource, UserUsageLogFilter,
};

use crate::sample::{append, consume, migrated, noon};

/// A row of the log with a plain number for a time.
#[derive(Clone, Debug, Entity)]
#[entity(table = "logs", key(id), append_only)]
struct ForeignLog {
    /// The id.
    id: i64,
    /// The user.
    user_id: i64,
    /// A plain number.
    created_at: i64,
    /// The kind.
    #[column(name = "type")]
    kind: i16,
    /// The text.
    content: String,
    /// The cost.
    quota: i64,
}

fn foreign(id: i64, created_at: i64, quota: i64) -> ForeignLog {
    ForeignLog {
        id,
        user_id: 42,
        created_at,
        kind: 2,
        content: String::new(),
        quota,
    }
}

/// Microseconds in the place of seconds: the row is in a group without a period.
async fn a_time_outside_of_the_calendar_hides_no_total(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    append(&logs, [consume(), consume()]).await;
    let microseconds = noon().timestamp_micros();
    let rows = [foreign(7, microseconds, 5), foreign(8, -microseconds, 6)];
    store.session().insert_many(&rows).await.unwrap();
    let every = UsageLogFilter::new();
    for period in [Period::Hour, Period::Day, Period::Month] {
        let grouping = UsageGrouping::new().per(Calendar::new(period, Tz::Europe__Berlin));
        let groups = logs.totals(&every, &grouping).await.unwrap();
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].group.begin, None);
        assert_eq!((groups[0].totals.requests, groups[0].totals.quota), (2, 11));
        assert_eq!(groups[1].totals.requests, 2);
        let grouping = grouping.by(UsageDimension::User);
        let groups = logs.totals(&every, &grouping).await.unwrap();
        let rows: i64 = groups.iter().map(|group| group.totals.requests).sum();
        assert_eq!(rows, 4);
    }
    let all = logs.totals(&every, &UsageGrouping::new()).await.unwrap();
    assert_eq!(all[0].totals.requests, 4);
}

/// The table of another program, which lets the user and the time be absent.
#[derive(Clone, Debug, Entity)]
#[entity(table = "logs", key(id), append_only)]
struct AdoptedLog {
    /// The id.
    id: i64,
    /// The user.
    user_id: Option<i64>,
    /// A plain number.
    created_at: Option<i64>,
    /// The kind.
    #[column(name = "type")]
    kind: i16,
    /// The model.
    #[column(max_chars = 255)]
    model_name: Option<String>,
    /// The channel.
    channel_id: Option<i64>,
    /// The token.
    token_id: Option<i64>,
    /// The group.
    #[column(max_chars = 255)]
    group: Option<String>,
    /// The cost.
    quota: i64,
    /// Tokens.
    prompt_tokens: i64,
    /// Tokens.
    completion_tokens: i64,
    /// The text.
    content: Option<String>,
    /// The user's name.
    #[column(max_chars = 255)]
    username: Option<String>,
    /// The token's name.
    #[column(max_chars = 255)]
    token_name: Option<String>,
    /// The time that it took.
    use_time: Option<i32>,
    /// Whether it was streamed.
    is_stream: Option<bool>,
    /// The address.
    #[column(max_chars = 64)]
    ip: Option<String>,
    /// The request.
    #[column(max_chars = 64)]
    request_id: Option<String>,
    /// The details.
    other: Option<JsonText>,
}

fn adopted(id: i64, user_id: Option<i64>, created_at: Option<i64>) -> AdoptedLog {
    AdoptedLog {
        id,
        user_id,
        created_at,
        kind: 2,
        model_name: None,
        channel_id: None,
        token_id: None,
        group: None,
        quota: 10,
        prompt_tokens: 1,
        completion_tokens: 1,
        content: None,
        username: None,
        token_name: None,
        use_time: None,
        is_stream: None,
        ip: None,
        request_id: None,
        other: None,
    }
}

/// The table of another program and those of the roll-ups.
const ADOPTED: MigrationSet = MigrationSet::of(
    "adopted",
    &[
        AdoptedLog::TABLE,
        UsageRollup::TABLE,
        UsageRollupCoverage::TABLE,
    ],
);

/// Absent values have separate groups, which are not those of 0 and of an empty text: in the logs and in their
/// roll-ups.
async fn what_is_absent_hides_no_total(store: &Arc<dyn Store>) {
    store.migrate(&[ADOPTED]).await.unwrap();
    let seconds = Some(noon().timestamp());
    let mut rows = vec![
        adopted(1, Some(42), seconds),
        adopted(2, Some(42), None),
        adopted(3, None, seconds),
        adopted(4, Some(0), seconds),
    ];
    for id in 5..=8 {
        rows.push(AdoptedLog {
            model_name: (id % 2 == 0).then(String::new),
            channel_id: (id % 3 == 0).then_some(0),
            token_id: (id == 7).then_some(0),
            group: (id == 8).then(String::new),
            ..adopted(id, Some(42), seconds)
        });
    }
    store.session().insert_many(&rows).await.unwrap();
    let logs = UsageLogs::new(Arc::clone(store));
    let grouping = UsageGrouping::new()
        .by(UsageDimension::User)
        .by(UsageDimension::Model)
        .per(Calendar::new(Period::Day, Tz::UTC));
    let every = UsageLogFilter::new();
    let groups = logs.totals(&every, &grouping).await.unwrap();
    assert_eq!(groups.len(), 5);
    assert_eq!(groups[0].group.begin, None);
    assert_eq!(groups[1].group.user_id, None);
    assert_eq!(groups[3].group.model_name, None);

    // The row without a time is in no roll-up, so that sums over all times are those of the logs.
    let all = UsageRollupSet::of(UsageDimension::ALL);
    let rollups = UsageRollups::new(Arc::clone(store)).with_sets([all]);
    let day = chrono::TimeDelta::days(1);
    let (from, before) = (noon() - day, noon() + day);
    // The logs 1 and 5 have the same values.
    assert_eq!(rollups.reconcile(from, before).await.unwrap(), 6);
    assert_eq!(rollups.reconcile(from, before).await.unwrap(), 0);
    let sums = rollups.totals(&every, &grouping).await.unwrap();
    assert_eq!(
        (sums.groups, sums.sources),
        (groups, vec![UsageSource::Logs])
    );
    let timed = every.from(from).before(before);
    let filters = [
        timed.clone(),
        timed.clone().user_id(0),
        timed.clone().channel_id(0),
        timed.clone().token_id(0),
        timed.clone().model_name(""),
        timed.clone().group(""),
    ];
    let mut deleted = UsageLogs::new(Arc::clone(store)).with_rollup_sets([]);
    for _ in 0..2 {
        for filter in &filters {
            for dimension in UsageDimension::ALL {
                let grouping = UsageGrouping::new().by(dimension);
                let sums = rollups.totals(filter, &grouping).await.unwrap();
                assert_eq!(sums.sources, [UsageSource::Rollups(all)]);
                let groups = logs.totals(filter, &grouping).await.unwrap();
                assert_eq!(sums.groups, groups, "{filter:?} {dimension:?}");
            }
        }
        let ids = [2, 3, 5, 8].map(UsageLogId::new);
        deleted.delete_many(&ids).await.unwrap();
        deleted = deleted.with_rollup_sets([all]);
    }
    assert_eq!(rollups.reconcile(from, before).await.unwrap(), 0);
}

/// Rows that cannot be read are reported separately, at any position and for any page size.
async fn a_row_that_cannot_be_read_hides_no_other(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let mut good = append(&logs, [consume(), consume(), consume()]).await;
    good.reverse();
    let microseconds = noon().timestamp_micros();
    let rows = [
        foreign(7, microseconds, 5),
        foreign(8, microseconds, 5),
        foreign(9, -microseconds, 6),
    ];
    store.session().insert_many(&rows).await.unwrap();
    for size in [1, 2, 3, 10] {
        let (mut found, mut unreadable) = (Vec::new(), Vec::new());
        let mut of_user = (0, 0);
        let (mut paging, mut pages) = (Paging::first(size), 0);
        loop {
            let every = UsageLogFilter::new();
            let page = logs.page(&every, &paging).await.unwrap();
            found.extend(page.items.into_iter().map(|item| item.log));
            unreadable.extend(page.unreadable);
            let every = UserUsageLogFilter::new();
            let page_of_user = logs.page_for_user(42, &every, &paging).await;
            if pages == 0 {
                let page = page_of_user.unwrap();
                of_user = (page.items.len(), page.unreadable.len());
            }
            pages += 1;
            let Some(next) = page.next else { break };
            paging = paging.after(Some(next));
        }
        assert_eq!(found, good);
        assert_eq!(unreadable.len(), 3);
        for error in unreadable {
            assert_eq!(error.kind(), ErrorKind::Corrupt);
            let place = (error.table(), error.column());
            assert_eq!(place, (Some("logs"), Some("created_at")));
        }
        assert!(of_user.0 + of_user.1 > 0);
    }
}

/// A row that is in no roll-up is deleted with the others.
async fn a_row_that_cannot_be_read_is_deleted(store: &Arc<dyn Store>) {
    migrated(store).await;
    let logs = UsageLogs::new(Arc::clone(store)).with_rollups();
    let good = append(&logs, [consume(), consume().quota(7)]).await;
    let rows = [
        foreign(7, noon().timestamp_micros(), 5),
        foreign(8, i64::MIN, 5),
        ForeignLog {
            kind: 77,
            ..foreign(9, noon().timestamp(), 5)
        },
    ];
    store.session().insert_many(&rows).await.unwrap();
    let ids: Vec<UsageLogId> = [7, 8, 9].map(UsageLogId::new).into();
    let mut all = ids.clone();
    all.push(good[0].id);
    assert_eq!(logs.delete_many(&all).await.unwrap(), 4);
    let rollups = UsageRollups::new(Arc::clone(store));
    let totals = rollups
        .totals(&UsageLogFilter::new(), &UsageGrouping::new())
        .await
        .unwrap();
    assert!(!totals.sources.contains(&UsageSource::Logs));
    let totals = totals.groups[0].totals;
    assert_eq!((totals.requests, totals.quota), (1, 7));
    let day = chrono::TimeDelta::days(1);
    let repaired = rollups.reconcile(noon() - day, noon() + day).await;
    assert_eq!(repaired.unwrap(), 0);
}

/// Old rows are deleted by their time, whatever else is wrong with them.
async fn old_rows_that_cannot_be_read_are_deleted(store: &Arc<dyn Store>) {
    migrated(store).await;
    let logs = UsageLogs::new(Arc::clone(store)).with_rollups();
    let good = append(&logs, [consume(), consume().quota(7)]).await;
    let rows = [
        foreign(7, i64::MIN, 5),
        foreign(8, noon().timestamp() - 100, -5),
        foreign(9, noon().timestamp_micros(), 5),
    ];
    store.session().insert_many(&rows).await.unwrap();
    let retention = Retention::new()
        .with_batch_rows(1)
        .with_budget(std::time::Duration::from_secs(60));
    let all = UsageLogFilter::new();
    let deleted = logs.delete_before(noon(), &all, &retention).await.unwrap();
    assert_eq!((deleted.rows, deleted.next), (2, None));
    // What seems to be later is kept.
    let left = logs.count(&all, 100).await.unwrap();
    assert_eq!(left, Count::Exactly(1 + u64::try_from(good.len()).unwrap()));
}

async fn a_range_that_no_calendar_has_is_refused(store: &Arc<dyn Store>) {
    migrated(store).await;
    let rollups = UsageRollups::new(Arc::clone(store));
    let far = chrono::DateTime::from_timestamp(900 * 7_500_000_000, 0).unwrap();
    let error = rollups.reconcile(noon(), far).await.unwrap_err();
    assert_eq!(error.violations()[0].path(), "before");
    assert_eq!(error.violations()[0].rule(), "out_of_range");
}

genledger_testkit::store_cases!(
    a_time_outside_of_the_calendar_hides_no_total,
    what_is_absent_hides_no_total,
    a_row_that_cannot_be_read_hides_no_other,
    a_row_that_cannot_be_read_is_deleted,
    old_rows_that_cannot_be_read_are_deleted,
    a_range_that_no_calendar_has_is_refused
);

// A time that is NULL has no partition.
genledger_testkit::partitioned_cases!(
    a_time_outside_of_the_calendar_hides_no_total,
    a_row_that_cannot_be_read_hides_no_other,
    a_row_that_cannot_be_read_is_deleted,
    old_rows_that_cannot_be_read_are_deleted,
    a_range_that_no_calendar_has_is_refused
);
