//! The command line.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::database::Database;
use crate::schema::Indexes;

/// The text of `--help`.
pub(crate) const USAGE: &str = "\
genledger-benches ingest|read|page|point|writer|retention|claim|charge|stats|all|report|probe [options]

  ingest  bulk inserts: rows per second, relative to the database's own loader
  read    10,000 rows into structs, relative to the plain driver
  page    a page at depth, relative to the first page
  point   single rows by key, and a transaction of three statements, relative to the plain driver
  writer  single rows of 64 tasks through the log writer, relative to its bulk append
  retention  appends of 20 rows by 4 tasks while old rows are deleted, relative to no deletion
  claim   generation tasks that workers claim, start and complete, relative to SQL written by hand; claims with
          100 to 1,000,000 pending tasks
  charge  charges of one customer and of 10,000, by 1 to 256 callers, relative to SQL written by hand
  stats   sums from roll-ups, relative to the logs; what maintaining roll-ups costs; first pages of the
          admin list, with their plans. On PostgreSQL and SQLite
  all     all but `stats`
  report  writes the tables again from the raw results, measuring nothing
  probe   one contender of `read` on the table in GENLEDGER_PROBE_URL; prints its milliseconds. `read`
          starts it for each measurement, so that no contender inherits the heap of another

  --only pg,mariadb,mysql,sqlite   the databases; default: GENLEDGER_ONLY, or all
  --rows N                         rows of a round (ingest, writer 50000, read 10000) or in the table
                                   (page 1100000, retention 200000, claim 4000, charge 20000, stats 10000000), operations of a round by one caller
                                   (point 500)
  --rounds N                       rounds; default 5 (ingest, writer, retention, claim, charge, stats), 15 (read), 9 (page, point)
  --indexes full,lean              the sets of indexes (ingest); default both
  --contender TEXT                 only those with TEXT in their name (writes no results); the
                                   whole name (probe)
  --folder PATH                    folder of SQLite's files and the loaders' input; default: the
                                   folder for temporary files
  --out PATH                       default docs/benchmarks

Servers: GENLEDGER_POSTGRES_URL, GENLEDGER_MARIADB_URL, GENLEDGER_MYSQL_URL. Each benchmark makes a
database of its own there, and drops it at the end.";

/// The group of `writer` whose values are rates; those of the others are times.
pub(crate) const RATES: &str = "rows per second";

/// The group of `retention` with the rates of deletions.
pub(crate) const DELETED: &str = "rows deleted per second";

/// The group of `claim` with tasks that were finished, and the group with the times of claims.
pub(crate) const FINISHED: &str = "tasks finished per second";
pub(crate) const HALF: &str = "time of a task from asking for it to its end, median";
pub(crate) const MOST: &str = "time of a task from asking for it to its end, 99 of 100 are faster";
pub(crate) const CHARGED: &str = "charges per second";
pub(crate) const CLAIMED: &str = "time of a claim of one task";

/// A benchmark, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Benchmark {
    Ingest,
    Read,
    Page,
    Point,
    Stats,
    Writer,
    Retention,
    Claim,
    Charge,
    Report,
    Probe,
}

impl Benchmark {
    /// Those that measure.
    pub(crate) const MEASURING: [Self; 9] = [
        Self::Ingest,
        Self::Read,
        Self::Page,
        Self::Point,
        Self::Writer,
        Self::Retention,
        Self::Claim,
        Self::Charge,
        Self::Stats,
    ];

    /// Those of `all`: `stats` takes hours with its default number of rows.
    const ALL: [Self; 8] = [
        Self::Ingest,
        Self::Read,
        Self::Page,
        Self::Point,
        Self::Writer,
        Self::Retention,
        Self::Claim,
        Self::Charge,
    ];

    /// The default number of rows and of rounds.
    const fn defaults(self) -> (usize, usize) {
        match self {
            Self::Ingest | Self::Writer => (50_000, 5),
            Self::Read => (10_000, 15),
            Self::Page => (1_100_000, 9),
            Self::Retention => (200_000, 5),
            Self::Claim => (4_000, 5),
            Self::Charge => (20_000, 5),
            Self::Point => (500, 9),
            Self::Stats => (10_000_000, 5),
            Self::Probe => (10_000, 1),
            Self::Report => (0, 0),
        }
    }

    /// Whether the values of a group are rates, and not times.
    pub(crate) fn is_rate(self, group: &str) -> bool {
        match self {
            Self::Ingest => true,
            Self::Writer => group == RATES,
            Self::Retention => group.starts_with("rows"),
            Self::Claim => ![CLAIMED, HALF, MOST].contains(&group),
            Self::Charge => group.starts_with(CHARGED),
            Self::Stats => group.starts_with("append"),
            _ => false,
        }
    }

    /// Its name on the command line and in the names of files.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Page => "page",
            Self::Point => "point",
            Self::Stats => "stats",
            Self::Writer => "writer",
            Self::Retention => "retention",
            Self::Claim => "claim",
            Self::Charge => "charge",
            Self::Report => "report",
            Self::Probe => "probe",
        }
    }
}

/// The options.
#[derive(Clone, Debug)]
pub(crate) struct Args {
    pub(crate) benchmark: Benchmark,
    pub(crate) only: Vec<Database>,
    pub(crate) rows: usize,
    pub(crate) rounds: usize,
    pub(crate) indexes: Vec<Indexes>,
    pub(crate) contender: Option<String>,
    pub(crate) folder: PathBuf,
    pub(crate) out: PathBuf,
}

impl Args {
    /// Reads the arguments: the options for each benchmark in turn; `None` when help is requested.
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Vec<Self>>> {
        let benchmarks = match words.next().as_deref() {
            Some("ingest") => vec![Benchmark::Ingest],
            Some("read") => vec![Benchmark::Read],
            Some("page") => vec![Benchmark::Page],
            Some("point") => vec![Benchmark::Point],
            Some("writer") => vec![Benchmark::Writer],
            Some("retention") => vec![Benchmark::Retention],
            Some("claim") => vec![Benchmark::Claim],
            Some("charge") => vec![Benchmark::Charge],
            Some("stats") => vec![Benchmark::Stats],
            Some("all") => Benchmark::ALL.to_vec(),
            Some("report") => vec![Benchmark::Report],
            Some("probe") => vec![Benchmark::Probe],
            None | Some("--help" | "-h") => return Ok(None),
            Some(other) => bail!("unknown benchmark {other:?}\n\n{USAGE}"),
        };
        let (mut rows, mut rounds) = (None, None);
        let out = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/benchmarks");
        let mut args = Self {
            benchmark: Benchmark::Report,
            only: Database::from_environment()?,
            rows: 0,
            rounds: 0,
            indexes: vec![Indexes::Full, Indexes::Lean],
            contender: None,
            folder: std::env::temp_dir(),
            out: PathBuf::from(out),
        };
        while let Some(word) = words.next() {
            let (flag, value) = match word.split_once('=') {
                Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
                None => (word, None),
            };
            if matches!(flag.as_str(), "--help" | "-h") {
                return Ok(None);
            }
            let value = value
                .or_else(|| words.next())
                .with_context(|| format!("{flag} requires a value"))?;
            match flag.as_str() {
                "--only" => args.only = Database::parse_list(&value)?,
                "--rows" => rows = Some(number(&flag, &value)?),
                "--rounds" => rounds = Some(number(&flag, &value)?),
                "--indexes" => args.indexes = Indexes::parse_list(&value)?,
                "--contender" => args.contender = Some(value),
                "--folder" => args.folder = PathBuf::from(value),
                "--out" => args.out = PathBuf::from(value),
                _ => bail!("unknown option {flag}\n\n{USAGE}"),
            }
        }
        let each = benchmarks.into_iter().map(|benchmark| {
            let defaults = benchmark.defaults();
            Self {
                benchmark,
                rows: rows.unwrap_or(defaults.0),
                rounds: rounds.unwrap_or(defaults.1),
                ..args.clone()
            }
        });
        Ok(Some(each.collect()))
    }

    /// Whether a contender is selected.
    pub(crate) fn takes_part(&self, name: &str) -> bool {
        self.contender
            .as_deref()
            .is_none_or(|part| name.contains(part))
    }
}

fn number(flag: &str, value: &str) -> Result<usize> {
    let number = value.replace(['_', ','], "").parse()?;
    if number == 0 {
        bail!("{flag} must be at least 1");
    }
    Ok(number)
}
