//! The targets of the library, compared with the measured ratios.

use std::fmt::Write as _;

use super::Results;
use super::markdown::{Line, groups, lines, ratio};
use crate::args::{Benchmark, CLAIMED, FINISHED, RATES};
use crate::database::Database;
use crate::stats::median;

/// A bound on the ratio of two contenders.
struct Bound {
    benchmark: Benchmark,
    database: Option<Database>,
    group: &'static str,
    /// The library's contender.
    ours: &'static str,
    /// The opponents: the best of the contenders whose name has this beginning and this end.
    theirs: &'static [&'static str],
    /// At least for rates, at most for times.
    bound: f64,
}

const fn ingest(
    database: Option<Database>,
    ours: &'static str,
    theirs: &'static [&'static str],
    bound: f64,
) -> Bound {
    Bound {
        benchmark: Benchmark::Ingest,
        database,
        group: "full",
        ours,
        theirs,
        bound,
    }
}

const fn writer(database: Option<Database>, theirs: &'static [&'static str], bound: f64) -> Bound {
    Bound {
        benchmark: Benchmark::Writer,
        database,
        group: RATES,
        ours: "genledger LogWriter enqueue × 64",
        theirs,
        bound,
    }
}

const fn at_most(
    benchmark: Benchmark,
    database: Database,
    group: &'static str,
    ours: &'static str,
    theirs: &'static [&'static str],
    bound: f64,
) -> Bound {
    Bound {
        benchmark,
        database: Some(database),
        group,
        ours,
        theirs,
        bound,
    }
}

const fn stats(group: &'static str, ours: &'static str, bound: f64) -> Bound {
    Bound {
        benchmark: Benchmark::Stats,
        database: None,
        group,
        ours,
        theirs: BASE,
        bound,
    }
}

const fn point(database: Option<Database>, group: &'static str, bound: f64) -> Bound {
    Bound {
        benchmark: Benchmark::Point,
        database,
        group,
        ours: "genledger",
        theirs: BASE,
        bound,
    }
}

const fn claim(
    database: Option<Database>,
    ours: &'static str,
    theirs: &'static [&'static str],
    bound: f64,
) -> Bound {
    Bound {
        benchmark: Benchmark::Claim,
        database,
        group: FINISHED,
        ours,
        theirs,
        bound,
    }
}

const ONE: &str = "genledger, 5000";
const TWO: &str = "genledger, 5000 × 2";
const ORMS: &[&str] = &["SeaORM", "Diesel"];
const BASE: &[&str] = &[];
const ROLLUPS: &str = "genledger, from roll-ups";

const BOUNDS: &[Bound] = &[
    ingest(Some(Database::Postgres), TWO, BASE, 1.3),
    ingest(Some(Database::Postgres), ONE, BASE, 0.85),
    ingest(Some(Database::Postgres), TWO, &["BEGIN"], 8.0),
    ingest(Some(Database::Postgres), ONE, &["BEGIN"], 8.0),
    ingest(Some(Database::Mariadb), TWO, BASE, 1.5),
    ingest(Some(Database::Mariadb), ONE, BASE, 1.1),
    ingest(Some(Database::Sqlite), ONE, BASE, 1.1),
    ingest(None, TWO, ORMS, 1.0),
    ingest(None, ONE, ORMS, 1.0),
    writer(Some(Database::Postgres), &["BEGIN"], 8.0),
    writer(None, &["SeaORM"], 1.0),
    writer(None, BASE, 0.8),
    at_most(
        Benchmark::Read,
        Database::Postgres,
        "read",
        "genledger",
        BASE,
        1.1,
    ),
    at_most(
        Benchmark::Read,
        Database::Mariadb,
        "read",
        "genledger",
        BASE,
        1.1,
    ),
    at_most(
        Benchmark::Read,
        Database::Mysql,
        "read",
        "genledger",
        BASE,
        1.1,
    ),
    at_most(
        Benchmark::Read,
        Database::Sqlite,
        "read",
        "genledger",
        BASE,
        1.1,
    ),
    at_most(
        Benchmark::Page,
        Database::Postgres,
        "page",
        "genledger, deep",
        BASE,
        1.5,
    ),
    at_most(
        Benchmark::Page,
        Database::Mariadb,
        "page",
        "genledger, deep",
        BASE,
        1.5,
    ),
    at_most(
        Benchmark::Page,
        Database::Mysql,
        "page",
        "genledger, deep",
        BASE,
        1.5,
    ),
    at_most(
        Benchmark::Page,
        Database::Sqlite,
        "page",
        "genledger, deep",
        BASE,
        1.5,
    ),
    claim(
        None,
        "genledger Claimer × 1",
        &["by hand, claims of 1 × 1"],
        0.85,
    ),
    claim(
        None,
        "genledger, claims of 1 × 1",
        &["by hand, claims of 1 × 1"],
        0.85,
    ),
    claim(
        Some(Database::Postgres),
        "genledger Claimer × 32",
        &["by hand, claims of 1 × 32"],
        8.0,
    ),
    claim(
        Some(Database::Mariadb),
        "genledger Claimer × 32",
        &["by hand, claims of 1 × 32"],
        5.0,
    ),
    Bound {
        benchmark: Benchmark::Claim,
        database: None,
        group: CLAIMED,
        ours: "genledger, a claim with 1000000 pending",
        theirs: &["genledger, a claim with 100 pending"],
        bound: 1.5,
    },
    stats("append", "genledger with roll-ups, 1000", 0.6),
    stats("30 days by model", ROLLUPS, 0.01),
    stats("months of the user with the most logs", ROLLUPS, 0.01),
    point(None, "insert, 1 caller", 1.1),
    point(None, "find, 1 caller", 1.1),
    point(None, "guarded update, 1 caller", 1.1),
    point(None, "transaction of three, 1 caller", 1.1),
    point(Some(Database::Sqlite), "insert, 32 callers", 1.0),
    point(Some(Database::Sqlite), "find, 32 callers", 1.0),
    point(Some(Database::Sqlite), "guarded update, 32 callers", 1.0),
    point(
        Some(Database::Sqlite),
        "transaction of three, 32 callers",
        1.0,
    ),
];

/// The table of the bounds of a benchmark, if it has any.
pub(super) fn table(benchmark: Benchmark, all: &[Results]) -> String {
    if !BOUNDS.iter().any(|bound| bound.benchmark == benchmark) {
        return String::new();
    }
    let mut text = String::from(
        "\n## Targets\n\n| database | of | contender | against | wanted | measured | |\n\
         |---|---|---|---|--:|--:|---|\n",
    );
    for results in all {
        for bound in BOUNDS {
            let database = results.header.database;
            if bound.benchmark != benchmark || bound.database.is_some_and(|of| of != database) {
                continue;
            }
            let Some(group) = groups(&results.samples)
                .into_iter()
                .find(|group| *group == bound.group)
            else {
                continue;
            };
            let lines = lines(benchmark, &results.samples, group);
            let Some((against, measured)) = measured(bound, &lines) else {
                continue;
            };
            let (sign, holds) = if benchmark.is_rate(group) {
                ('≥', measured >= bound.bound)
            } else {
                ('≤', measured <= bound.bound)
            };
            let _ = writeln!(
                text,
                "| {} | {group} | {} | {against} | {sign} {:.2} | {} | {} |",
                database.title(),
                bound.ours,
                bound.bound,
                ratio(measured),
                if holds { "holds" } else { "**missed**" }
            );
        }
    }
    text
}

/// The opponent's name, and the median of the ratios round by round.
fn measured<'a>(bound: &Bound, lines: &[Line<'a>]) -> Option<(&'a str, f64)> {
    let ours = lines.iter().find(|line| line.contender == bound.ours)?;
    // One caller is compared with one caller; two with whatever is best.
    let fair = |line: &&Line<'_>| bound.ours != ONE || !line.contender.ends_with("× 2");
    let theirs = if bound.theirs.is_empty() {
        lines.first()?
    } else {
        lines
            .iter()
            .filter(|line| {
                bound
                    .theirs
                    .iter()
                    .any(|name| line.contender.starts_with(name))
            })
            .filter(fair)
            .max_by(|a, b| median(&a.values).total_cmp(&median(&b.values)))?
    };
    let ratios: Vec<f64> = ours
        .values
        .iter()
        .zip(&theirs.values)
        .map(|(ours, theirs)| ours / theirs)
        .collect();
    Some((theirs.contender, median(&ratios)))
}
