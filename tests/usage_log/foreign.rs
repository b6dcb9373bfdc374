//! Rows that another program wrote in its own way: none of them hides the others.

use std::sync::Arc;

use chrono_tz::Tz;
use genledger::ErrorKind;
use genledger::contract::{Entity, SessionExt, Store};
use genledger::time::{Calendar, Period};
use genledger::usage::{
    UsageDimension, UsageGrouping, UsageLogFilter, UsageRollups, UsageStatistics,
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
async fn a_time_that_is_none_hides_no_total(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    append(&logs, [consume(), consume()]).await;
    let microseconds = noon().timestamp_micros();
    let rows = [foreign(7, microseconds, 5), foreign(8, -microseconds, 6)];
    store.session().insert_all(&rows).await.unwrap();
    let every = UsageLogFilter::new();
    for period in [Period::Hour, Period::Day, Period::Month] {
        let grouping = UsageGrouping::new().per(Calendar::new(period, Tz::Europe__Berlin));
        let groups = logs.totals_all(&every, &grouping).await.unwrap();
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].group.begin, None);
        assert_eq!((groups[0].totals.requests, groups[0].totals.quota), (2, 11));
        assert_eq!(groups[1].totals.requests, 2);
        let grouping = grouping.by(UsageDimension::User);
        let groups = logs.totals_all(&every, &grouping).await.unwrap();
        let rows: i64 = groups.iter().map(|group| group.totals.requests).sum();
        assert_eq!(rows, 4);
    }
    let all = logs
        .totals_all(&every, &UsageGrouping::new())
        .await
        .unwrap();
    assert_eq!(all[0].totals.requests, 4);
}

/// What is wrong in the logs is told with the table and the column.
async fn reconcile_says_where(store: &Arc<dyn Store>) {
    migrated(store).await;
    let rows = [
        foreign(1, noon().timestamp(), i64::MAX),
        foreign(2, noon().timestamp() + 900, i64::MAX),
        foreign(3, noon().timestamp(), i64::MAX),
    ];
    store.session().insert_all(&rows).await.unwrap();
    let rollups = UsageRollups::new(Arc::clone(store));
    let day = chrono::TimeDelta::days(1);
    let error = rollups
        .reconcile(noon() - day, noon() + day)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let place = (error.table(), error.column());
    assert_eq!(place, (Some("logs"), Some("quota")), "{error}");
}

async fn a_range_that_no_calendar_has_is_refused(store: &Arc<dyn Store>) {
    migrated(store).await;
    let rollups = UsageRollups::new(Arc::clone(store));
    let far = chrono::DateTime::from_timestamp(900 * 7_500_000_000, 0).unwrap();
    let error = rollups.reconcile(noon(), far).await.unwrap_err();
    assert_eq!(error.violations()[0].path(), "before");
    assert_eq!(error.violations()[0].rule(), "out_of_range");
}

crate::backends::places::cases_with!(
    crate::backends::run_shared;
    a_time_that_is_none_hides_no_total,
    reconcile_says_where,
    a_range_that_no_calendar_has_is_refused
);
