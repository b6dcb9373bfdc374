//! The built-in sample: requests of a made-up day, always the same.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use genledger::prelude::*;
use genledger::time::ManualClock;
use genledger::usage::UsageLogOther;

/// Name, quota units of a prompt token, and of a completion token.
const MODELS: [(&str, i64, i64); 5] = [
    ("gpt-4o", 2, 8),
    ("gpt-4o-mini", 1, 2),
    ("claude-sonnet-4", 3, 12),
    ("claude-haiku-3.5", 1, 4),
    ("gemini-2.5-flash", 1, 5),
];

const USERS: [&str; 6] = ["ada", "grace", "edsger", "barbara", "donald", "leslie"];

/// This many requests, a few seconds apart.
pub(crate) fn rows(count: u32) -> Result<Vec<UsageLog>> {
    let start: DateTime<Utc> = DateTime::from_timestamp(1_748_736_000, 0).unwrap_or_default();
    // The clock is a parameter, so the ids of a sample are part of it.
    let clock = Arc::new(ManualClock::at(start));
    let ids = UsageLogIdGenerator::new(NodeId::ZERO, clock.clone());
    let mut dice = Dice(42);
    (0..count)
        .map(|number| {
            clock.advance(TimeDelta::milliseconds(dice.roll(8_000)));
            request(number, &mut dice).into_log(&ids)
        })
        .collect()
}

fn request(number: u32, dice: &mut Dice) -> NewUsageLog {
    let user = dice.roll(6);
    // Two rolls make the first models more popular than the last.
    let model = dice.roll(5).min(dice.roll(5));
    let (name, prompt_price, completion_price) = MODELS[index(model)];
    let kind = if dice.roll(50) == 0 {
        UsageLogType::Error
    } else {
        UsageLogType::Consume
    };
    let log = NewUsageLog::new(kind, user + 1)
        .username(USERS[index(user)])
        .token(user + 100, "default")
        .model_name(name)
        .channel_id(model + 1)
        .group("default")
        .request_id(format!("sample-{number}"));
    if kind == UsageLogType::Error {
        let other = UsageLogOther::new()
            .with(UsageLogOther::STATUS_CODE, 429)
            .with(UsageLogOther::ERROR_CODE, "rate_limit");
        return log.content("The upstream is busy.").other(other);
    }
    let (prompt, completion) = (50 + dice.roll(4_000), 10 + dice.roll(800));
    let cached = dice.roll(prompt);
    log.tokens(prompt, completion)
        .quota(prompt * prompt_price + completion * completion_price)
        .use_time(1 + i32::try_from(dice.roll(30)).unwrap_or_default())
        .is_stream(dice.roll(3) > 0)
        .other(
            UsageLogOther::new()
                .with(UsageLogOther::CACHE_TOKENS, cached)
                .with(UsageLogOther::GROUP_RATIO, 1),
        )
}

fn index(roll: i64) -> usize {
    usize::try_from(roll).unwrap_or_default()
}

/// Random numbers without a crate: a linear congruential generator is sufficient.
struct Dice(u64);

impl Dice {
    /// From 0 to below `sides`.
    fn roll(&mut self, sides: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::from(u32::try_from(self.0 >> 33).unwrap_or_default()) % sides.max(1)
    }
}
