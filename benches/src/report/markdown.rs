//! The tables.

use std::fmt::Write as _;

use super::{Header, Results, targets};
use crate::args::Benchmark;
use crate::measure::Sample;
use crate::stats::{median, range};

/// The results of one contender in a group.
pub(super) struct Line<'a> {
    pub(super) contender: &'a str,
    /// Rows per second, or seconds.
    pub(super) values: Vec<f64>,
    /// Relative to the first contender of the group, round by round.
    pub(super) ratio: f64,
}

/// The page of a benchmark.
pub(super) fn page(benchmark: Benchmark, all: &[Results]) -> String {
    let mut text = format!("# Benchmark: {}\n\n", benchmark.name());
    text += match benchmark {
        Benchmark::Ingest => {
            "Rows per second into an empty table of 19 columns with ~400 bytes of JSON in a row; \
             the ratio is to the database's own loader, higher is better. *full*: ten \
             single-column indexes, as the systems in the field have them; *lean*: the library's \
             own composite indexes.\n"
        }
        Benchmark::Read => {
            "Milliseconds to read rows of 19 columns into owned structs, each contender alone in \
             its process; the ratio is to the plain \
             driver, lower is better.\n"
        }
        Benchmark::Point => {
            "Microseconds for one operation on single rows of six columns, and for a transaction of \
             three of them; with 32 callers the time of all divided by their number. The ratio is to \
             the plain driver, lower is better.\n"
        }
        Benchmark::Stats => {
            "Rows per second of appends in groups of 1,000, with the default sets of roll-ups and \
             without; the ratio is to those without, higher is better. Milliseconds for sums from the logs \
             and from roll-ups, with the same result, and for the first page of 50 rows of the admin \
             list; lower is better.\n"
        }
        Benchmark::Writer => {
            "Rows per second of 64 tasks that hand over one row at a time, on the library's own indexes, until the \
             last one is written; the ratio is to the library's bulk append with two callers, higher is better. \
             Then the time of a single call.\n"
        }
        Benchmark::Retention => {
            "Microseconds of an append of 20 rows by one of four tasks at full speed, while old rows are deleted; the \
             ratio is to no deletion, lower is better. Then the rows that were appended and deleted in a second.\n"
        }
        Benchmark::Claim => {
            "Tasks per second that workers of one process claim with an account, start and complete, with history and \
             events, until none is left; the ratio is to SQL written by hand for one task at a time by one worker, higher \
             is better. A job of apalis is acknowledged in the background, after its handler has returned. \
             Then milliseconds that a worker takes for a task, and of a claim of one task with this many pending, lower \
             is better.\n"
        }
        Benchmark::Charge => {
            "Charges per second, each of which returns when it is committed with its account, its record and its entry; \
             the ratio is to SQL written by hand with 32 callers, higher is better. Then milliseconds of a single \
             charge, lower is better.\n"
        }
        Benchmark::Page | Benchmark::Report | Benchmark::Probe => {
            "Milliseconds for a page of 50 rows, newest first; the ratio is to the first page of \
             genledger, lower is better.\n"
        }
    };
    if benchmark == Benchmark::Stats {
        let plans = all.iter().map(|results| {
            let database = results.header.database;
            format!("[{}](stats-plans-{}.md)", database.title(), database.name())
        });
        let plans: Vec<String> = plans.collect();
        let _ = writeln!(text, "\nThe plans of the pages: {}.", plans.join(", "));
    }
    text += "\nHow to repeat and to read it: [benchmarks.md](../benchmarks.md). Every single \
             measurement: [raw](raw/).\n";
    text += &targets::table(benchmark, all);
    for results in all {
        text += &tables(benchmark, results);
    }
    text
}

/// The tables of one database.
pub(super) fn tables(benchmark: Benchmark, results: &Results) -> String {
    let mut text = String::new();
    let _ = write!(
        text,
        "\n## {}\n\n{}",
        results.header.database.title(),
        describe(&results.header)
    );
    for group in groups(&results.samples) {
        let is_rate = benchmark.is_rate(group);
        let unit = match benchmark {
            _ if is_rate => "rows/s",
            Benchmark::Point | Benchmark::Writer | Benchmark::Retention => "µs",
            _ => "ms",
        };
        let _ = write!(
            text,
            "\n### {}, {group}\n\n| contender | {unit}, median | min – max | ratio |\n\
             |---|--:|--:|--:|\n",
            results.header.database.title()
        );
        for line in lines(benchmark, &results.samples, group) {
            let (least, greatest) = range(&line.values);
            let value = |value| match benchmark {
                _ if is_rate => thousands(value),
                Benchmark::Point | Benchmark::Writer | Benchmark::Retention => {
                    format!("{:.1}", value * 1e6)
                }
                _ => format!("{:.2}", value * 1000.0),
            };
            let mark = if line.contender.starts_with("genledger") {
                "**"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "| {mark}{}{mark} | {} | {} – {} | {mark}{}{mark} |",
                line.contender,
                value(median(&line.values)),
                value(least),
                value(greatest),
                ratio(line.ratio)
            );
        }
    }
    text
}

/// Two digits, and more of a small one.
pub(super) fn ratio(ratio: f64) -> String {
    if ratio < 0.1 {
        format!("{ratio:.4}")
    } else {
        format!("{ratio:.2}")
    }
}

fn describe(header: &Header) -> String {
    let Header { machine, .. } = header;
    format!(
        "{}; {}. {} × {}, {} GiB, Linux {}; load {:.1} before, {:.1} after. {}. {}. {} rows, {} \
         rounds, {}.\n",
        header.server,
        header.loader,
        machine.cores,
        machine.cpu,
        machine.memory_gib,
        machine.kernel,
        header.load_before,
        header.load_after,
        machine.rustc,
        machine.crates.join(", "),
        header.rows,
        header.rounds,
        header.date,
    )
}

/// The groups in the order in which they were measured.
pub(super) fn groups(samples: &[Sample]) -> Vec<&str> {
    distinct(samples.iter().map(|sample| sample.group.as_str()))
}

/// The contenders of a group in order, the baseline first.
pub(super) fn lines<'a>(benchmark: Benchmark, samples: &'a [Sample], group: &str) -> Vec<Line<'a>> {
    let samples: Vec<&Sample> = samples
        .iter()
        .filter(|sample| sample.group == group)
        .collect();
    let names = distinct(samples.iter().map(|sample| sample.contender.as_str()));
    let values = |name: &str| -> Vec<(usize, f64)> {
        let own = samples.iter().filter(|sample| sample.contender == name);
        own.map(|sample| {
            if benchmark.is_rate(group) {
                (sample.round, sample.rows as f64 / sample.seconds)
            } else {
                (sample.round, sample.seconds)
            }
        })
        .collect()
    };
    let base = names.first().map(|name| values(name)).unwrap_or_default();
    let line = |name: &&'a str| {
        let values = values(name);
        let ratios: Vec<f64> = values
            .iter()
            .filter_map(|(round, value)| {
                let (_, base) = base.iter().find(|(of, _)| of == round)?;
                Some(value / base)
            })
            .collect();
        Line {
            contender: name,
            values: values.into_iter().map(|(_, value)| value).collect(),
            ratio: median(&ratios),
        }
    };
    names.iter().map(line).collect()
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut distinct = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
