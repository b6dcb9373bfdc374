//! Rows as a gateway writes them: skewed users and models, ids in time order, ~400 bytes of JSON.
//! The same seed gives the same rows.

use fastrand::Rng;

use peers::LogRow;

/// 2026-01-01T00:00:00Z, in milliseconds.
const START: i64 = 1_767_225_600_000;
/// 2024-01-01T00:00:00Z: where the milliseconds of ids begin.
const ID_EPOCH: i64 = 1_704_067_200_000;
/// The mean time between two rows; a million rows are a month.
const SPACING: i64 = 2_500;

const MODELS: [(&str, &str, u32); 12] = [
    ("gpt-4o-mini", "gpt-4o-mini-2024-07-18", 27),
    ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929", 18),
    ("gpt-5", "gpt-5-2025-08-07", 14),
    ("gemini-2.5-flash", "gemini-2.5-flash", 11),
    ("deepseek-chat", "deepseek-v3.1", 9),
    ("claude-haiku-4-5", "claude-haiku-4-5-20251001", 6),
    ("gemini-2.5-pro", "gemini-2.5-pro", 5),
    ("o4-mini", "o4-mini-2025-04-16", 4),
    ("qwen3-max", "qwen3-max-2025-09-23", 2),
    ("text-embedding-3-large", "text-embedding-3-large", 2),
    ("gpt-image-1", "gpt-image-1", 1),
    ("grok-4", "grok-4-0709", 1),
];
const GROUPS: [&str; 5] = ["default", "vip", "svip", "enterprise", "trial"];
const PATHS: [&str; 3] = ["/v1/chat/completions", "/v1/messages", "/v1/responses"];

/// How many different values the rows have, and how close they are.
#[derive(Clone, Copy, Debug)]
struct Shape {
    users: i64,
    /// `None` for three tokens of each user.
    tokens: Option<i64>,
    channels: i64,
    models: usize,
    spacing: i64,
}

const GATEWAY: Shape = Shape {
    users: 20_000,
    tokens: None,
    channels: 120,
    models: MODELS.len(),
    spacing: SPACING,
};

/// An endless iterator of rows.
pub(crate) struct Rows {
    rng: Rng,
    millis: i64,
    shape: Shape,
}

impl Rows {
    /// From the first one.
    pub(crate) fn new() -> Self {
        Self {
            rng: Rng::with_seed(0x6765_6e6c_6564_6765),
            millis: START,
            shape: GATEWAY,
        }
    }

    /// The rows after those that another iterator has returned.
    pub(crate) fn after(rows: &Self) -> Self {
        Self {
            rng: rows.rng.clone(),
            millis: rows.millis + 1_000,
            shape: rows.shape,
        }
    }

    /// This many rows in 90 days, of 2,000 users, 8 models, 40 channels and 500 tokens.
    pub(crate) fn of_90_days(rows: usize) -> Self {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        let spacing = (90 * 86_400_000 / rows).max(1);
        Self {
            shape: Shape {
                users: 2_000,
                tokens: Some(500),
                channels: 40,
                models: 8,
                spacing,
            },
            ..Self::new()
        }
    }

    /// The beginning of a day, counted from 0.
    pub(crate) fn day(&self, day: i64) -> chrono::DateTime<chrono::Utc> {
        let time = chrono::DateTime::from_timestamp_millis(START + day * 86_400_000);
        time.unwrap_or_default()
    }
}

impl Iterator for Rows {
    type Item = LogRow;

    fn next(&mut self) -> Option<LogRow> {
        self.millis += self.rng.i64(1..2 * self.shape.spacing);
        Some(row(&mut self.rng, self.millis, self.shape))
    }
}

fn row(rng: &mut Rng, millis: i64, shape: Shape) -> LogRow {
    // Time moves by at least a millisecond a row, so no two ids are the same.
    let id = (millis - ID_EPOCH) << 22 | rng.i64(0..4) << 12 | rng.i64(0..4);
    let user_id = skewed(rng, shape.users);
    let token_id = match shape.tokens {
        Some(tokens) => skewed(rng, tokens),
        None => user_id * 3 + rng.i64(0..3),
    };
    let (model_name, upstream, _) = model(rng, &MODELS[..shape.models]);
    let kind = match rng.u8(0..100) {
        0..94 => 2,
        94..97 => 5,
        97 => 6,
        98 => 1,
        _ => 3,
    };
    let prompt_tokens = 20 + skewed(rng, 60_000);
    let completion_tokens = skewed(rng, 8_000);
    let is_stream = rng.u8(0..10) < 7;
    let channel_id = skewed(rng, shape.channels);
    let group = GROUPS[usize::from(rng.u8(0..5).min(rng.u8(0..5)))];
    LogRow {
        id,
        user_id,
        created_at: millis / 1000,
        kind,
        content: content(rng, kind),
        username: format!("user_{user_id}"),
        token_name: format!("key-{}", token_id % 7),
        model_name: model_name.to_owned(),
        quota: prompt_tokens / 2 + completion_tokens * 2,
        prompt_tokens,
        completion_tokens,
        use_time: rng.i32(1..90),
        is_stream,
        channel_id,
        token_id,
        group: group.to_owned(),
        // Of requests and errors only, as the library's policy allows.
        ip: (rng.u8(0..5) == 0)
            .then(|| format!("203.0.{}.{}", rng.u8(0..114), rng.u8(1..255)))
            .filter(|_| matches!(kind, 2 | 5)),
        request_id: Some(format!("{millis}{:020x}", rng.u64(..))),
        other: other(rng, upstream, prompt_tokens, channel_id),
    }
}

/// A number from 1 to `limit`, the small ones far more often: one is 10 % of 20,000.
fn skewed(rng: &mut Rng, limit: i64) -> i64 {
    if rng.u8(0..10) == 0 {
        return 1;
    }
    rng.i64(1..=limit)
        .min(rng.i64(1..=limit))
        .min(rng.i64(1..=limit))
}

fn model(
    rng: &mut Rng,
    models: &[(&'static str, &'static str, u32)],
) -> (&'static str, &'static str, u32) {
    let mut ticket = rng.u32(0..models.iter().map(|model| model.2).sum());
    for model in models {
        if ticket < model.2 {
            return *model;
        }
        ticket -= model.2;
    }
    models[0]
}

fn content(rng: &mut Rng, kind: i16) -> String {
    match kind {
        5 => format!(
            "status_code={}, upstream said: the engine is overloaded — 请稍后再试 (request {:x})",
            rng.u16(500..530),
            rng.u32(..)
        ),
        _ => format!(
            "model ratio {}.{:02}, group ratio 1.00, completion ratio 4.00",
            rng.u8(0..20),
            rng.u8(0..100)
        ),
    }
}

/// The details of a request, as JSON text of 390 to 430 bytes.
fn other(rng: &mut Rng, upstream: &str, prompt_tokens: i64, channel_id: i64) -> String {
    format!(
        concat!(
            r#"{{"model_ratio":{}.{},"group_ratio":1,"completion_ratio":4,"cache_tokens":{},"#,
            r#""cache_ratio":0.1,"model_price":-1,"user_group_ratio":-1,"frt":{},"#,
            r#""reasoning_effort":"medium","is_model_mapped":true,"upstream_model_name":"{}","#,
            r#""request_path":"{}","billing_source":"wallet","pre_consumed_quota":{},"#,
            r#""actual_quota":{},"admin_info":{{"use_channel":["{}"],"is_multi_key":false}}}}"#
        ),
        rng.u8(0..20),
        rng.u8(1..10),
        rng.i64(0..=prompt_tokens),
        rng.u32(80..4000),
        upstream,
        PATHS[usize::from(rng.u8(0..3))],
        rng.u32(100..100_000),
        rng.u32(100..100_000),
        channel_id,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_rows_every_time_with_distinct_ids() {
        let rows: Vec<_> = Rows::new().take(20_000).collect();
        assert!(Rows::new().zip(&rows).all(|(again, row)| again == *row));
        assert!(rows.windows(2).all(|pair| pair[0].id < pair[1].id));
        let bytes: usize = rows.iter().map(|row| row.other.len()).sum();
        assert!((380..440).contains(&(bytes / rows.len())), "{bytes}");
        let heavy = rows.iter().filter(|row| row.user_id == 1).count();
        assert!((1_800..2_300).contains(&heavy), "{heavy}");
    }
}
