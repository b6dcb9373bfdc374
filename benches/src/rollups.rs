//! Sums from roll-ups and from logs, what maintaining roll-ups costs, and the first pages of the admin list.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chrono_tz::Asia::Kolkata;
use genledger::chrono_tz;
use genledger::paging::Paging;
use genledger::time::{Calendar, Period};
use genledger::usage::{
    UsageDimension, UsageGrouping, UsageLog, UsageLogFilter, UsageLogs, UsageRollupSet,
    UsageRollups, UsageSource,
};
use genledger_contract::{Query, Store, StoreExt};
use peers::LogRow;

use crate::args::Args;
use crate::contender::{Batched, Contender};
use crate::data::Data;
use crate::database::Database;
use crate::generate::Rows;
use crate::measure::{self, Asked, Probe, Sample, sample};
use crate::peer::genledger as library;
use crate::report;
use crate::schema::Indexes;
use crate::target::{self, Target};

/// Rows of an append.
const GROUP: usize = 1_000;

/// Rows that are generated at once.
const CHUNK: usize = 50_000;

/// Rows of a round that compares appends with and without roll-ups.
const APPENDED: usize = 100_000;

/// Runs it on PostgreSQL and SQLite, as far as they are selected.
pub(crate) async fn run(args: &Args) -> Result<()> {
    for database in &args.only {
        if !matches!(database, Database::Postgres | Database::Sqlite) {
            continue;
        }
        let folder = Data::new(std::iter::empty(), &args.folder)?;
        let target = target::open(*database, folder.folder()).await?;
        let header = report::header(args, *database, &*target).await?;
        let samples = measured(args, *database, &*target).await;
        target.remove().await?;
        report::keep(args, header, samples?)?;
    }
    Ok(())
}

async fn measured(args: &Args, database: Database, target: &dyn Target) -> Result<Vec<Sample>> {
    let mut samples = appends(args, database, target).await?;
    target.empty().await?;
    let store = library::connect(database, target.url()).await?;
    samples.extend(fill(args, database, &store).await?);
    target.settle().await?;
    let rows = Rows::of_90_days(args.rows);
    let (from, before) = (rows.day(30), rows.day(60));
    let month = UsageLogFilter::new().from(from).before(before);
    let by_model = UsageGrouping::new().by(UsageDimension::Model);
    let days = by_model.clone().per(Calendar::new(Period::Day, Kolkata));
    let months = by_model.clone().per(Calendar::new(Period::Month, Kolkata));
    let of_user = |user| UsageLogFilter::new().user_id(user);
    let queries = [
        ("30 days by model", month.clone(), by_model.clone()),
        ("30 days by model and day", month.clone(), days),
        (
            "months of the user with the most logs",
            of_user(1),
            months.clone(),
        ),
        ("months of another user", of_user(400), months),
        (
            "30 days of a channel",
            month.clone().channel_id(3),
            UsageGrouping::new(),
        ),
        (
            "30 days by user",
            month,
            UsageGrouping::new().by(UsageDimension::User),
        ),
    ];
    for (group, filter, grouping) in queries {
        eprintln!("{}, {group}", database.title());
        samples.extend(sums(args, group, &store, &filter, &grouping).await?);
    }
    samples.extend(first_pages(args, database, &store).await?);
    store.close().await;
    Ok(samples)
}

/// Appends in groups of 1,000 with and without the default sets, each into an empty table. With the density of
/// the whole table: the number of roll-ups of a group depends on its time.
async fn appends(args: &Args, database: Database, target: &dyn Target) -> Result<Vec<Sample>> {
    target.create(Indexes::Lean).await?;
    let rows = Rows::of_90_days(args.rows).take(APPENDED.min(args.rows));
    let data = Data::new(rows, &args.folder)?;
    let plain = library::InsertIfAbsent::append_many(database, target.url());
    let unchecked = library::InsertIfAbsent::new(database, target.url());
    let summed = library::InsertIfAbsent::with_rollups(database, target.url());
    let sets =
        |sets: &[UsageRollupSet]| library::InsertIfAbsent::with_sets(database, target.url(), sets);
    let by_model = sets(&[UsageRollupSet::of([UsageDimension::Model])]);
    let quarters = UsageRollupSet::DEFAULT.into_iter();
    let quarters: Vec<_> = quarters.filter(|set| !set.is_per_day()).collect();
    let contenders: [Box<dyn Contender>; 5] = [
        Batched::new("genledger without roll-ups", plain, GROUP, 1),
        Batched::new("genledger with roll-ups", summed, GROUP, 1),
        Batched::new(
            "genledger with roll-ups without days",
            sets(&quarters),
            GROUP,
            1,
        ),
        Batched::new("genledger with roll-ups by model", by_model, GROUP, 1),
        Batched::new("genledger, insert_if_absent", unchecked, GROUP, 1),
    ];
    measure::ingest("append", &contenders, target, &data, args.rounds).await
}

/// Fills the table with roll-ups; the rates of the first and of the last tenth of the rows.
async fn fill(args: &Args, database: Database, store: &Arc<dyn Store>) -> Result<Vec<Sample>> {
    let logs = UsageLogs::new(Arc::clone(store)).with_rollups();
    let mut rows = Rows::of_90_days(args.rows);
    let mut tenths = vec![(0, 0.0); 10];
    let mut done = 0;
    while done < args.rows {
        let chunk: Vec<LogRow> = rows.by_ref().take(CHUNK.min(args.rows - done)).collect();
        let groups = chunk.chunks(GROUP).map(library::entities);
        for group in groups.collect::<Result<Vec<_>>>()? {
            let start = Instant::now();
            logs.append_many(&group).await?;
            let tenth = &mut tenths[done * 10 / args.rows];
            tenth.0 += group.len();
            tenth.1 += start.elapsed().as_secs_f64();
            done += group.len();
        }
        eprintln!("{}: {done} of {} rows", database.title(), args.rows);
    }
    let all = tenths.iter().enumerate().map(|(tenth, (rows, seconds))| {
        let name = format!("genledger with roll-ups, tenth {} of the rows", tenth + 1);
        sample("append, as the table grows", &name, 0, *rows, *seconds)
    });
    Ok(all.collect())
}

/// The sums of the logs, and the same from roll-ups.
async fn sums(
    args: &Args,
    group: &str,
    store: &Arc<dyn Store>,
    filter: &UsageLogFilter,
    grouping: &UsageGrouping,
) -> Result<Vec<Sample>> {
    let logs = UsageLogs::new(Arc::clone(store));
    let rollups = UsageRollups::new(Arc::clone(store));
    let of_logs = logs.totals(filter, grouping).await?;
    let of_rollups = rollups.totals(filter, grouping).await?;
    ensure!(of_rollups.groups == of_logs, "{group}: the sums differ");
    ensure!(
        !of_rollups.sources.contains(&UsageSource::Logs),
        "{group}: from {:?}",
        of_rollups.sources
    );
    eprintln!("{:?}", of_rollups.sources);
    let (one, two) = (
        (filter.clone(), grouping.clone()),
        (filter.clone(), grouping.clone()),
    );
    let probes: [Box<dyn Probe>; 2] = [
        Asked::new("logs", logs, move |logs| {
            let (filter, grouping) = one.clone();
            Box::pin(async move { Ok(logs.totals(&filter, &grouping).await?.len()) })
        }),
        Asked::new("genledger, from roll-ups", rollups, move |rollups| {
            let (filter, grouping) = two.clone();
            Box::pin(async move { Ok(rollups.totals(&filter, &grouping).await?.groups.len()) })
        }),
    ];
    measure::probes(group, &probes, Duration::from_millis(20), args.rounds).await
}

/// The first page of the admin list by each of the properties that have an index, and its plan.
async fn first_pages(
    args: &Args,
    database: Database,
    store: &Arc<dyn Store>,
) -> Result<Vec<Sample>> {
    let all = UsageLogFilter::new();
    let filters = [
        ("everything", all.clone()),
        ("user with the most logs", all.clone().user_id(1)),
        ("user", all.clone().user_id(400)),
        ("model", all.clone().model_name("gemini-2.5-flash")),
        ("channel", all.clone().channel_id(30)),
        ("token", all.clone().token_id(400)),
        ("user who has no logs", all.clone().user_id(1_000_000)),
    ];
    let mut probes: Vec<Box<dyn Probe>> = Vec::new();
    let mut plans = format!(
        "# Plans of the first pages: {}\n\nOf 50 rows, with {} rows in the table; by `cargo xtask bench stats`.\n",
        database.title(),
        args.rows
    );
    for (name, filter) in filters {
        let query = Query::matching(filter.condition())
            .order_by([UsageLog::CREATED_AT.desc(), UsageLog::ID.desc()])
            .page_size(50);
        let plan = store.explain(&query).await?;
        plans += &format!("\n## {name}\n\n```text\n{}\n```\n", plan.trim_end());
        let logs = UsageLogs::new(Arc::clone(store));
        probes.push(Asked::new(
            &format!("genledger, {name}"),
            logs,
            move |logs| {
                let filter = filter.clone();
                Box::pin(
                    async move { Ok(logs.page(&filter, &Paging::first(50)).await?.items.len()) },
                )
            },
        ));
    }
    if args.contender.is_none() {
        let path = args.out.join(format!("stats-plans-{}.md", database.name()));
        fs::write(&path, plans).with_context(|| path.display().to_string())?;
    }
    measure::probes(
        "first page",
        &probes,
        Duration::from_millis(20),
        args.rounds,
    )
    .await
}
