//! Sums and rates.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::{America, Asia, Australia, Tz};
use genledger::ErrorKind;
use genledger::contract::Store;
use genledger::contract::query::TextMatch;
use genledger::id::UsageLogId;
use genledger::time::{Calendar, Period};
use genledger::usage::{
    GroupedUsage, NewUsageLog, UsageDimension, UsageGrouping, UsageLog, UsageLogFilter,
    UsageLogType, UsageTotals, UserUsageLogFilter,
};

use crate::sample::{after, append, consume, migrated};

/// The expected sums of rows, added one after the other.
pub(crate) fn sum<'a>(rows: impl IntoIterator<Item = &'a UsageLog>) -> UsageTotals {
    let mut totals = UsageTotals::default();
    for row in rows {
        match row.kind {
            UsageLogType::Consume => {
                totals.requests += 1;
                totals.quota += row.quota;
                totals.prompt_tokens += row.prompt_tokens;
                totals.completion_tokens += row.completion_tokens;
            }
            UsageLogType::Refund => {
                totals.refunds += 1;
                totals.refunded_quota += row.quota;
            }
            _ => {}
        }
    }
    totals
}

/// Rows of all kinds, users, models and channels, `spacing` seconds apart.
pub(crate) fn mixed(count: i64, spacing: i64) -> Vec<NewUsageLog> {
    let kinds = [
        UsageLogType::Consume,
        UsageLogType::Consume,
        UsageLogType::Refund,
        UsageLogType::Error,
        UsageLogType::Consume,
        UsageLogType::Topup,
    ];
    (0..count)
        .map(|number| {
            let at = |from: i64| usize::try_from(number / from).unwrap();
            let kind = kinds[at(1) % kinds.len()];
            NewUsageLog::new(kind, number % 3)
                .username(["ada", "grace", "edsger"][at(1) % 3])
                .model_name(["gpt-4o", "gpt-4o ", "claude\tx", "\u{6a21}"][at(2) % 4])
                .channel_id(number % 2)
                .token(number % 5, "ci")
                .group(["default", "vip"][at(7) % 2])
                .quota(100 + number)
                .tokens(10 + number, number)
                .created_at(after(number * spacing))
        })
        .collect()
}

async fn sums_are_those_of_the_rows(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let empty = logs.stats(&UsageLogFilter::new(), after(0)).await.unwrap();
    assert_eq!(empty, Default::default());

    let rows = append(&logs, mixed(120, 7)).await;
    let of = |keep: &dyn Fn(&UsageLog) -> bool| sum(rows.iter().filter(|row| keep(row)));
    let all = UsageLogFilter::new();
    let cases: [(UsageLogFilter, UsageTotals); 7] = [
        (all.clone(), of(&|_| true)),
        (
            all.clone().from(after(70)).before(after(141)),
            of(&|row| (after(70)..=after(140)).contains(&row.created_at)),
        ),
        (
            all.clone().kind(UsageLogType::Refund),
            of(&|row| row.kind == UsageLogType::Refund),
        ),
        (
            all.clone().kind(UsageLogType::Topup),
            UsageTotals::default(),
        ),
        (
            all.clone().model_name("gpt-4o").username("ada"),
            of(&|row| row.model_name == "gpt-4o" && row.username == "ada"),
        ),
        (
            all.clone().user_id(2).token_id(3),
            of(&|row| row.user_id == 2 && row.token_id == 3),
        ),
        (
            all.model_name(TextMatch::Prefix("gpt".into()))
                .channel_id(1),
            of(&|row| row.model_name.starts_with("gpt") && row.channel_id == 1),
        ),
    ];
    for (filter, expected) in cases {
        let stats = logs.stats(&filter, after(0)).await.unwrap();
        assert_eq!(stats.totals, expected, "{filter:?}");
    }
    let own = UserUsageLogFilter::new();
    let stats = logs.stats_for_user(1, &own, after(0)).await.unwrap();
    assert_eq!(stats.totals, of(&|row| row.user_id == 1));
}

async fn rates_are_those_of_the_last_minute(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let rows = append(&logs, mixed(120, 7)).await;
    let now = after(300) + TimeDelta::milliseconds(999);
    let recent = |row: &&UsageLog| {
        row.kind == UsageLogType::Consume
            && row.created_at > after(240)
            && row.created_at <= after(300)
    };
    let expected: Vec<&UsageLog> = rows.iter().filter(recent).collect();
    assert!(!expected.is_empty());
    let rates = |rows: &[&UsageLog]| {
        let tokens = rows
            .iter()
            .map(|row| row.prompt_tokens + row.completion_tokens);
        (i64::try_from(rows.len()).unwrap(), tokens.sum::<i64>())
    };

    // Other times do not matter, all other conditions do.
    let old = UsageLogFilter::new().before(after(8));
    let stats = logs.stats(&old, now).await.unwrap();
    assert_eq!((stats.rpm, stats.tpm), rates(&expected));
    assert_eq!(stats.totals.requests, 2);
    let vip: Vec<&UsageLog> = expected
        .iter()
        .copied()
        .filter(|row| row.group == "vip")
        .collect();
    let stats = logs.stats(&old.clone().group("vip"), now).await.unwrap();
    assert_eq!((stats.rpm, stats.tpm), rates(&vip));
    let refunds = logs
        .stats(&old.kind(UsageLogType::Refund), now)
        .await
        .unwrap();
    assert_eq!((refunds.rpm, refunds.tpm), (0, 0));
    let own: Vec<&UsageLog> = expected
        .iter()
        .copied()
        .filter(|row| row.user_id == 2)
        .collect();
    let stats = logs
        .stats_for_user(2, &UserUsageLogFilter::new(), now)
        .await
        .unwrap();
    assert_eq!((stats.rpm, stats.tpm), rates(&own));

    for (second, rpm) in [(-1, 0), (0, 1), (59, 5), (60, 4), (10_000, 0)] {
        let stats = logs
            .stats(&UsageLogFilter::new(), after(second))
            .await
            .unwrap();
        assert_eq!(stats.rpm, rpm, "{second}");
    }
    let never = DateTime::<Utc>::MIN_UTC;
    let stats = logs.stats(&UsageLogFilter::new(), never).await.unwrap();
    assert_eq!(stats.rpm, 0);
}

async fn sums_by_groups(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let rows = append(&logs, mixed(200, 500)).await;
    let grouping = UsageGrouping::new()
        .by(UsageDimension::Model)
        .by(UsageDimension::User)
        .by(UsageDimension::Channel)
        .by(UsageDimension::Token)
        .by(UsageDimension::Group);
    let groups = logs
        .totals(&UsageLogFilter::new(), &grouping)
        .await
        .unwrap();
    assert!(groups.len() > 20);
    assert!(groups.is_sorted_by(|one, next| one.group < next.group));
    for GroupedUsage { group, totals, .. } in &groups {
        let same = |row: &&UsageLog| {
            group.model_name.as_deref() == Some(&row.model_name)
                && group.user_id == Some(row.user_id)
                && group.channel_id == Some(row.channel_id)
                && group.token_id == Some(row.token_id)
                && group.group.as_deref() == Some(&row.group)
        };
        assert_eq!(*totals, sum(rows.iter().filter(same)));
        assert!(group.begin.is_none());
    }
    let requests: i64 = groups.iter().map(|group| group.totals.requests).sum();
    assert_eq!(requests, sum(&rows).requests);

    // One group of all rows; none without rows.
    let all = logs
        .totals(&UsageLogFilter::new(), &UsageGrouping::new())
        .await
        .unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].totals, sum(&rows));
    let none = UsageLogFilter::new().username("unknown");
    assert_eq!(logs.totals(&none, &grouping).await.unwrap(), []);

    let filter = UserUsageLogFilter::new();
    let own = UsageGrouping::new().by(UsageDimension::Model);
    let groups = logs.totals_for_user(1, &filter, &own).await.unwrap();
    for GroupedUsage { group, totals, .. } in groups {
        let same = |row: &&UsageLog| {
            row.user_id == 1 && group.model_name.as_deref() == Some(&row.model_name)
        };
        assert_eq!(totals, sum(rows.iter().filter(same)));
    }
    let hidden = own.by(UsageDimension::Channel);
    let error = logs.totals_for_user(1, &filter, &hidden).await.unwrap_err();
    assert_eq!(error.violations()[0].rule(), "hidden");
}

async fn sums_by_the_calendar_of_a_zone(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let mut new = mixed(400, 1_237);
    // Around the change of the clocks in Newfoundland, at 00:01, and on Lord Howe, by half an hour.
    for moment in ["2010-11-07T02:29:00Z", "2024-04-06T14:59:00Z"] {
        let moment: DateTime<Utc> = moment.parse().unwrap();
        new.extend((0..40).map(|n| consume().created_at(moment + TimeDelta::seconds(n * 6))));
        new.extend((1..9).map(|n| consume().created_at(moment + TimeDelta::minutes(n * 11))));
    }
    let rows = append(&logs, new).await;
    let zones = [
        Tz::UTC,
        Asia::Kolkata,
        Asia::Kathmandu,
        America::St_Johns,
        Australia::Lord_Howe,
    ];
    for zone in zones {
        for period in [Period::Hour, Period::Day, Period::Month] {
            let calendar = Calendar::new(period, zone);
            let grouping = UsageGrouping::new().by(UsageDimension::User).per(calendar);
            let groups = logs
                .totals(&UsageLogFilter::new(), &grouping)
                .await
                .unwrap();
            for GroupedUsage { group, totals, .. } in &groups {
                let same = |row: &&UsageLog| {
                    Some(row.user_id) == group.user_id
                        && Some(calendar.begin(row.created_at)) == group.begin
                };
                assert_eq!(
                    *totals,
                    sum(rows.iter().filter(same)),
                    "{calendar:?} {group:?}"
                );
            }
            let requests: i64 = groups.iter().map(|group| group.totals.requests).sum();
            assert_eq!(requests, sum(&rows).requests);
        }
    }
}

async fn a_sum_that_does_not_fit_is_an_error(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let large = || consume().quota(i64::MAX);
    append(&logs, [large(), large().created_at(after(3_600))]).await;
    let error = logs
        .stats(&UsageLogFilter::new(), after(0))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.violations()[0].rule(), "overflow");
    let one = UsageLogFilter::new().before(after(1));
    let stats = logs.stats(&one, after(0)).await.unwrap();
    assert_eq!(stats.totals.net_quota(), Some(i64::MAX));

    // Each half fits, so the database reports no error.
    let days = UsageGrouping::new().per(Calendar::new(Period::Day, Tz::UTC));
    let error = logs
        .totals(&UsageLogFilter::new(), &days)
        .await
        .unwrap_err();
    assert_eq!(error.violations()[0].rule(), "overflow");
    let hours = UsageGrouping::new().per(Calendar::new(Period::Hour, Tz::UTC));
    let groups = logs.totals(&UsageLogFilter::new(), &hours).await.unwrap();
    assert_eq!(groups.len(), 2);

    // Only the final value of a sum has to fit.
    let back = consume().quota(-i64::MAX).created_at(after(7_200));
    let back = back.into_log_with_id(UsageLogId::new(9)).unwrap();
    logs.append(&back).await.unwrap();
    let groups = logs.totals(&UsageLogFilter::new(), &days).await.unwrap();
    assert_eq!(groups[0].totals.quota, i64::MAX);
}

async fn statistics_change_nothing_and_rows_are_deleted(store: &Arc<dyn Store>) {
    let logs = migrated(store).await;
    let rows = append(&logs, mixed(30, 1)).await;
    let ids: Vec<_> = rows[..10].iter().map(|row| row.id).collect();
    assert_eq!(logs.delete_many(&ids).await.unwrap(), 10);
    assert_eq!(logs.delete_many(&ids).await.unwrap(), 0);
    assert_eq!(logs.delete_many(&[]).await.unwrap(), 0);
    let stats = logs.stats(&UsageLogFilter::new(), after(0)).await.unwrap();
    assert_eq!(stats.totals, sum(&rows[10..]));
    let many = vec![rows[10].id; 10_001];
    let error = logs.delete_many(&many).await.unwrap_err();
    assert_eq!(error.violations()[0].rule(), "too_many");
    assert!(logs.find(rows[10].id).await.unwrap().is_some());
}

genledger_testkit::layout_cases!(
    sums_are_those_of_the_rows,
    rates_are_those_of_the_last_minute,
    sums_by_groups,
    sums_by_the_calendar_of_a_zone,
    a_sum_that_does_not_fit_is_an_error,
    statistics_change_nothing_and_rows_are_deleted,
);
