//! Sums from roll-ups are those of the logs, whatever sets there are.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono_tz::{America, Asia, Tz};
use genledger::contract::Store;
use genledger::contract::query::TextMatch;
use genledger::time::{Calendar, Period};
use genledger::usage::UsageDimension::{Channel, Group, Model, Token, User};
use genledger::usage::{
    UsageDimension, UsageGrouping, UsageLog, UsageLogFilter, UsageLogType, UsageLogs,
    UsageRollupSet, UsageRollups, UsageSource, UserUsageLogFilter,
};

use super::{expected_in, logs, stored};
use crate::sample::{after, append, consume, migrated};
use crate::statistics::mixed;

/// The same numbers in every run (`SplitMix64`).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    fn one_in(&mut self, limit: usize) -> bool {
        self.below(limit) == 0
    }

    fn dimensions(&mut self) -> Vec<UsageDimension> {
        let all = UsageDimension::ALL.into_iter();
        all.filter(|_| self.one_in(3)).collect()
    }

    fn grouping(&mut self) -> UsageGrouping {
        let dimensions = self.dimensions().into_iter();
        let grouping = dimensions.fold(UsageGrouping::new(), UsageGrouping::by);
        if self.one_in(3) {
            return grouping;
        }
        // Whole hours, half an hour, three quarters, and clocks that change.
        let zones = [
            Tz::UTC,
            Asia::Kolkata,
            Asia::Kathmandu,
            America::New_York,
            America::St_Johns,
        ];
        let period = [Period::Hour, Period::Day, Period::Month][self.below(3)];
        grouping.per(Calendar::new(period, zones[self.below(zones.len())]))
    }

    /// A filter with conditions on dimensions and on times; some also on what only logs have.
    fn filter(&mut self) -> (UsageLogFilter, BTreeSet<UsageDimension>, bool) {
        let mut filter = UsageLogFilter::new();
        if self.one_in(2) {
            filter.from = Some(after(self.time()));
        }
        if self.one_in(2) {
            filter.before = Some(after(self.time()));
        }
        let dimensions: BTreeSet<_> = self.dimensions().into_iter().collect();
        for dimension in &dimensions {
            filter = match dimension {
                Model => filter.model_name(self.text("gpt-4o")),
                User => filter.user_id(self.number()),
                Channel => filter.channel_id(self.number() % 2),
                Token => filter.token_id(self.number()),
                _ => filter.group(self.text("default")),
            };
        }
        let plain = filter.clone();
        let filter = match self.below(12) {
            0 => filter.kind(UsageLogType::Refund),
            1 => filter.username("grace"),
            2 => filter.token_name("ci"),
            3 => filter.keyword("default"),
            4 => filter.and(UsageLog::QUOTA.ge(150)),
            5 => filter.content(TextMatch::Contains(String::new())),
            6 => filter.request_id("none"),
            _ => filter,
        };
        let only_logs = filter != plain;
        (filter, dimensions, only_logs)
    }

    /// Seconds after noon of the first day: whole days, whole quarters, and others.
    fn time(&mut self) -> i64 {
        let day = i64::try_from(self.below(6)).unwrap();
        let quarter = i64::try_from(self.below(96)).unwrap();
        let second = i64::try_from(self.below(900)).unwrap();
        match self.below(3) {
            0 => day * 86_400 - 43_200,
            1 => day * 86_400 + quarter * 900,
            _ => day * 86_400 + quarter * 900 + second,
        }
    }

    fn number(&mut self) -> i64 {
        i64::try_from(self.below(4)).unwrap()
    }

    fn text(&mut self, exact: &str) -> TextMatch {
        match self.below(3) {
            0 => TextMatch::Exact(exact.into()),
            1 => TextMatch::Prefix(exact[..3].into()),
            _ => TextMatch::Contains("u".into()),
        }
    }
}

/// Appends, repeats, deletes; then compares random sums from roll-ups with those of the logs.
async fn random_script(store: &Arc<dyn Store>, seed: u64, sets: &[UsageRollupSet]) {
    migrated(store).await;
    let mut random = Random(seed);
    let with = UsageLogs::new(Arc::clone(store)).with_rollup_sets(sets.iter().copied());
    let rollups = UsageRollups::new(Arc::clone(store));
    // Four days and a half, and some of the zone's past in which a day begins within a quarter.
    let past = (0..6).map(|hour| {
        let time: chrono::DateTime<chrono::Utc> = "2010-11-06T23:59:30Z".parse().unwrap();
        consume().created_at(time + chrono::TimeDelta::minutes(59 * hour))
    });
    let mut rows = logs(mixed(260, 1_503).into_iter().chain(past));
    let mut left: Vec<UsageLog> = Vec::new();
    for round in 0..4 {
        for _ in 0..6 {
            let start = random.below(rows.len());
            let end = rows.len().min(start + 1 + random.below(60));
            let outcomes = with.append_many(&rows[start..end]).await.unwrap();
            assert_eq!(outcomes.len(), end - start);
            for row in &rows[start..end] {
                if !left.contains(row) {
                    left.push(row.clone());
                }
            }
        }
        let doomed: Vec<_> = left
            .iter()
            .filter(|_| random.one_in(4))
            .map(|row| row.id)
            .collect();
        with.delete_many(&doomed).await.unwrap();
        left.retain(|row| !doomed.contains(&row.id));
        // Ids are not used again.
        rows.retain(|row| !doomed.contains(&row.id));
        assert_eq!(stored(store).await, expected_in(sets, &left));
        for _ in 0..40 {
            let grouping = random.grouping();
            let (filter, compared, only_logs) = random.filter();
            let sums = rollups.totals(&filter, &grouping).await.unwrap();
            let of_logs = with.totals(&filter, &grouping).await.unwrap();
            let context = format!("round {round}: {filter:?} {grouping:?} {:?}", sums.sources);
            assert_eq!(sums.groups, of_logs, "{context}");
            let needed: Vec<_> = compared.iter().chain(&grouping.dimensions).collect();
            let contains = |set: &UsageRollupSet| needed.iter().all(|one| set.contains(**one));
            let mut used = 0;
            for source in &sums.sources {
                if let UsageSource::Rollups(set) = source {
                    assert!(contains(set) && sets.contains(set), "{context}");
                    used += 1;
                }
            }
            assert!(!only_logs || used == 0, "{context}");
            let quarters = sets.iter().any(|set| contains(set) && !set.is_per_day());
            let unbounded = filter.from.is_none() && filter.before.is_none();
            if quarters && unbounded && !only_logs {
                assert!(used > 0, "{context}");
            }
        }
    }
    let (from, before) = (after(-86_400 * 7_000), after(86_400 * 30));
    let rollups = rollups.with_sets(sets.iter().copied());
    assert_eq!(rollups.reconcile(from, before).await.unwrap(), 0);
}

async fn with_the_default_sets(store: &Arc<dyn Store>) {
    random_script(store, 1, &UsageRollupSet::DEFAULT).await;
}

async fn with_one_set_of_all_dimensions(store: &Arc<dyn Store>) {
    random_script(store, 2, &[UsageRollupSet::of(UsageDimension::ALL)]).await;
}

async fn with_sets_per_day_only(store: &Arc<dyn Store>) {
    let sets = [
        UsageRollupSet::of([]).per_day(),
        UsageRollupSet::of([Model, Group, User]).per_day(),
    ];
    random_script(store, 3, &sets).await;
}

async fn with_days_and_quarters(store: &Arc<dyn Store>) {
    let sets = [
        UsageRollupSet::of([]),
        UsageRollupSet::of([User, Token]),
        UsageRollupSet::of([Channel, Group, Model]),
        UsageRollupSet::of(UsageDimension::ALL).per_day(),
    ];
    random_script(store, 4, &sets).await;
}

async fn without_a_set(store: &Arc<dyn Store>) {
    random_script(store, 5, &[]).await;
}

async fn the_smallest_set_is_used(store: &Arc<dyn Store>) {
    migrated(store).await;
    let with = UsageLogs::new(Arc::clone(store)).with_rollups();
    append(&with, mixed(60, 7_201)).await;
    let rollups = UsageRollups::new(Arc::clone(store));
    let quarters = |set| vec![UsageSource::Rollups(set)];
    let model = UsageRollupSet::of([Model]);
    let user_and_model = UsageRollupSet::of([User, Model]);
    let all = UsageLogFilter::new();
    let by = |dimension| UsageGrouping::new().by(dimension);
    let hours = Calendar::new(Period::Hour, Tz::UTC);
    let days = Calendar::new(Period::Day, Asia::Kolkata);
    let cases = [
        (all.clone(), UsageGrouping::new(), quarters(model)),
        (all.clone(), by(Model).per(days), quarters(model)),
        (all.clone(), by(User).per(hours), quarters(user_and_model)),
        (
            all.clone().channel_id(1),
            UsageGrouping::new(),
            quarters(UsageRollupSet::of([Channel])),
        ),
        (
            all.clone(),
            by(Token).per(hours),
            quarters(UsageRollupSet::of([Token])),
        ),
        (
            all.clone().group("vip"),
            by(Model),
            quarters(UsageRollupSet::of([Group, Model])),
        ),
        // No set contains both.
        (all.clone().user_id(1), by(Token), vec![UsageSource::Logs]),
        (
            all.clone().kind(UsageLogType::Refund),
            by(Model),
            vec![UsageSource::Logs],
        ),
        (
            all.clone().kind(UsageLogType::Unknown),
            by(Model),
            quarters(model),
        ),
        // A part of a quarter at one end.
        (
            all.clone().from(after(1)),
            by(Model).per(hours),
            vec![UsageSource::Rollups(model), UsageSource::Logs],
        ),
        (
            all.clone().from(after(1)).before(after(901)),
            by(Model),
            vec![UsageSource::Logs],
        ),
        // Whole days of UTC, and the quarters of the day in which the month begins in this zone.
        (
            all.clone().user_id(1),
            UsageGrouping::new(),
            quarters(user_and_model.per_day()),
        ),
        (
            all.clone()
                .user_id(1)
                .from(after(0))
                .before(after(900 * 400)),
            by(Model).per(Calendar::new(Period::Month, Asia::Kathmandu)),
            vec![
                UsageSource::Rollups(user_and_model.per_day()),
                UsageSource::Rollups(user_and_model),
            ],
        ),
    ];
    for (filter, grouping, sources) in cases {
        let sums = rollups.totals(&filter, &grouping).await.unwrap();
        assert_eq!(sums.sources, sources, "{filter:?} {grouping:?}");
        let of_logs = with.totals(&filter, &grouping).await.unwrap();
        assert_eq!(sums.groups, of_logs);
    }
    // Without rows there is no group.
    let none = all.user_id(99);
    let sums = rollups.totals(&none, &UsageGrouping::new()).await.unwrap();
    assert_eq!(sums.groups, []);
}

async fn users_see_their_own_sums(store: &Arc<dyn Store>) {
    migrated(store).await;
    let with = UsageLogs::new(Arc::clone(store)).with_rollups();
    append(&with, mixed(90, 1_237)).await;
    let rollups = UsageRollups::new(Arc::clone(store));
    let by_model = UsageGrouping::new().by(Model);
    let own = UserUsageLogFilter::new();
    let filters = [
        own.clone(),
        own.clone().from(after(1_800)).before(after(1_800 * 20)),
        own.clone().group("vip"),
        own.clone().keyword("vip"),
        own.clone().token_id(1),
    ];
    for filter in filters {
        for user in [0, 1, 2, 99] {
            let sums = rollups.totals_for_user(user, &filter, &by_model);
            let of_logs = with.totals_for_user(user, &filter, &by_model);
            assert_eq!(sums.await.unwrap().groups, of_logs.await.unwrap());
        }
    }
    let sums = rollups.totals_for_user(1, &own, &by_model).await.unwrap();
    assert!(!sums.sources.contains(&UsageSource::Logs));
    let by_channel = by_model.by(Channel);
    let hidden = rollups.totals_for_user(1, &own, &by_channel).await;
    assert_eq!(hidden.unwrap_err().violations()[0].rule(), "hidden");
}

/// Clocks in Newfoundland went back one minute after midnight: the quarter in which the day begins is read
/// from the logs.
async fn a_period_that_begins_within_a_quarter(store: &Arc<dyn Store>) {
    migrated(store).await;
    let with = UsageLogs::new(Arc::clone(store)).with_rollups();
    let change: chrono::DateTime<chrono::Utc> = "2010-11-07T02:30:00Z".parse().unwrap();
    let rows =
        (-40..40).map(|step| consume().created_at(change + chrono::TimeDelta::seconds(step * 47)));
    append(&with, rows).await;
    let rollups = UsageRollups::new(Arc::clone(store));
    let days = UsageGrouping::new().per(Calendar::new(Period::Day, America::St_Johns));
    let all = UsageLogFilter::new();
    let sums = rollups.totals(&all, &days).await.unwrap();
    assert_eq!(sums.groups, with.totals(&all, &days).await.unwrap());
    assert_eq!(sums.groups.len(), 2);
    let model = UsageSource::Rollups(UsageRollupSet::of([Model]));
    assert_eq!(sums.sources, [model, UsageSource::Logs]);
}

genledger_testkit::store_cases!(
    with_the_default_sets,
    with_one_set_of_all_dimensions,
    with_sets_per_day_only,
    with_days_and_quarters,
    without_a_set,
    the_smallest_set_is_used,
    users_see_their_own_sums,
    a_period_that_begins_within_a_quarter,
);
