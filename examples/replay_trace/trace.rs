//! Reads the lines of a trace as rows of the usage log.

use std::io::{BufRead, Lines};
use std::iter::Enumerate;

use chrono::NaiveDateTime;
use genledger::id::UsageLogId;
use genledger::prelude::*;

/// The node that is reserved for replays.
const NODE: NodeId = NodeId::MAX;
/// The user of the requests.
const USER: i64 = 1;

/// One line of the trace.
pub(crate) enum Line {
    Row(Box<UsageLog>),
    Malformed { number: u64, reason: String },
}

/// The lines of a trace, after its head.
pub(crate) struct Trace<R> {
    lines: Enumerate<Lines<R>>,
    model: String,
    timestamp: usize,
    context: usize,
    generated: usize,
}

impl<R: BufRead> Trace<R> {
    /// Reads the head, which contains the names of the columns.
    pub(crate) fn new(file: R, model: &str) -> Result<Self, String> {
        let mut lines = file.lines().enumerate();
        let head = match lines.next() {
            Some((_, Ok(head))) => head,
            Some((_, Err(error))) => return Err(format!("line 1: {error}")),
            None => return Err("the file is empty".to_owned()),
        };
        let names: Vec<&str> = cells(head.trim_start_matches('\u{FEFF}')).collect();
        let column = |name: &str| {
            let found = names
                .iter()
                .position(|other| other.eq_ignore_ascii_case(name));
            found.ok_or_else(|| format!("line 1: there is no column {name}"))
        };
        Ok(Self {
            timestamp: column("TIMESTAMP")?,
            context: column("ContextTokens")?,
            generated: column("GeneratedTokens")?,
            lines,
            model: model.to_owned(),
        })
    }

    fn row(&self, number: u64, line: &str) -> Result<UsageLog, String> {
        let cells: Vec<&str> = cells(line).collect();
        let cell = |index: usize, name: &str| {
            let cell = cells.get(index).copied().filter(|cell| !cell.is_empty());
            cell.ok_or_else(|| format!("{name} is missing"))
        };
        let time = cell(self.timestamp, "TIMESTAMP")?;
        let time = NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S%.f")
            .map_err(|error| format!("TIMESTAMP is not a time: {error}"))?
            .and_utc();
        let tokens = |index, name: &str| match cell(index, name)?.parse::<u32>() {
            Ok(tokens) => Ok(i64::from(tokens)),
            Err(error) => Err(format!("{name} is not a count: {error}")),
        };
        let context = tokens(self.context, "ContextTokens")?;
        let generated = tokens(self.generated, "GeneratedTokens")?;
        let id = UsageLogId::for_replay(time, NODE, number).map_err(|error| error.to_string())?;
        NewUsageLog::new(UsageLogType::Consume, USER)
            .created_at(time)
            .model_name(&self.model)
            .tokens(context, generated)
            .quota(context + generated)
            .into_log_with_id(id)
            .map_err(|error| error.to_string())
    }
}

impl<R: BufRead> Iterator for Trace<R> {
    /// An error is one of reading the file, after which nothing more can be read.
    type Item = Result<Line, String>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (index, line) = self.lines.next()?;
            // Lines are counted from 1, as editors do; 64 bits hold every count.
            let number = u64::try_from(index).unwrap_or(u64::MAX).saturating_add(1);
            let line = match line {
                Ok(line) => line,
                // The bytes were read, but are not text.
                Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                    let reason = "is not UTF-8".to_owned();
                    return Some(Ok(Line::Malformed { number, reason }));
                }
                Err(error) => return Some(Err(format!("line {number}: {error}"))),
            };
            if line.trim().is_empty() {
                continue;
            }
            return Some(Ok(match self.row(number, &line) {
                Ok(log) => Line::Row(Box::new(log)),
                Err(reason) => Line::Malformed { number, reason },
            }));
        }
    }
}

/// The cells of a line. No cell of a trace contains a comma, so quotes have no meaning.
fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.trim_end().split(',').map(str::trim)
}
