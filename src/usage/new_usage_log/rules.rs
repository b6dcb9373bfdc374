//! The rules of a new usage log: those of its columns, checked all at once, and a few more.

use chrono::{DateTime, Datelike, Utc};
use genledger_contract::{
    CodedEnum, Column, ColumnDef, ColumnType, MAX_TEXT_BYTES, Violation, Violations,
};

use super::NewUsageLog;
use crate::usage::{LogType, UsageLog};
use crate::validate::Validate;

impl Validate for NewUsageLog {
    /// | rule | where |
    /// |---|---|
    /// | `unknown_type` | `type` is [`LogType::Unknown`] |
    /// | `unrecognized_code` | `type` has a code that this version does not know |
    /// | `out_of_range` | a count or a duration is negative, a time is not in the years 1000 to 9999 |
    /// | `too_long` | a text has more characters than its column takes |
    /// | `nul_character` | a text contains a NUL character |
    /// | `not_finite`, `not_json`, `not_an_object`, `wrong_kind`, `duplicate_key` | in `other`, with the path of the key |
    fn violations(&self) -> Violations {
        let mut found = Violations::new();
        time(&mut found, self.created_at);
        kind(&mut found, self.kind);
        text(&mut found, UsageLog::CONTENT, &self.content);
        text(&mut found, UsageLog::USERNAME, &self.username);
        text(&mut found, UsageLog::TOKEN_NAME, &self.token_name);
        text(&mut found, UsageLog::MODEL_NAME, &self.model_name);
        number(&mut found, UsageLog::PROMPT_TOKENS, self.prompt_tokens);
        number(
            &mut found,
            UsageLog::COMPLETION_TOKENS,
            self.completion_tokens,
        );
        number(&mut found, UsageLog::USE_TIME, self.use_time);
        text(&mut found, UsageLog::GROUP, &self.group);
        if let Some(ip) = &self.ip {
            text(&mut found, UsageLog::IP, ip.as_str());
        }
        if let Some(request_id) = &self.request_id {
            text(&mut found, UsageLog::REQUEST_ID, request_id);
        }
        found.extend(self.other.violations().as_slice().iter().cloned());
        if self.other.as_str().len() > MAX_TEXT_BYTES {
            found.push(too_long(UsageLog::OTHER.definition(), "16 MiB"));
        }
        found
    }
}

fn time(found: &mut Violations, created_at: Option<DateTime<Utc>>) {
    found.check(
        created_at.is_some_and(|time| !(1000..=9999).contains(&time.year())),
        "created_at",
        "out_of_range",
        "must be in the years 1000 to 9999",
    );
}

fn kind(found: &mut Violations, kind: LogType) {
    found.check(
        kind == LogType::Unknown,
        "type",
        "unknown_type",
        "must be a kind of its own; 0 stands for all kinds in a filter",
    );
    found.check(
        !kind.is_known(),
        "type",
        "unrecognized_code",
        "holds a code that this version does not know; it cannot be newly written",
    );
}

fn number<T, A>(found: &mut Violations, column: Column<UsageLog, T, A>, value: impl Into<i64>) {
    let column = column.definition();
    if let Some((low, high)) = column.range
        && !(low..=high).contains(&value.into())
    {
        let message = format!("must be from {low} to {high}");
        found.push(Violation::new(column.name, "out_of_range", message));
    }
}

fn text<T, A>(found: &mut Violations, column: Column<UsageLog, T, A>, text: &str) {
    let column = column.definition();
    if text.contains('\0') {
        let message = "contains a NUL character";
        found.push(Violation::new(column.name, "nul_character", message));
    }
    // Bytes bound characters from above, so most texts need not be counted.
    match column.column_type {
        ColumnType::Text { max_chars } => {
            let max = usize::try_from(max_chars).unwrap_or(usize::MAX);
            if text.len() > max && text.chars().nth(max).is_some() {
                found.push(too_long(column, &format!("{max_chars} characters")));
            }
        }
        _ if text.len() > MAX_TEXT_BYTES => found.push(too_long(column, "16 MiB")),
        _ => {}
    }
}

fn too_long(column: &ColumnDef, bound: &str) -> Violation {
    Violation::new(column.name, "too_long", format!("is longer than {bound}"))
}
