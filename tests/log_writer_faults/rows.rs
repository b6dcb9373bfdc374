//! Logs to write.

use genledger::activity::{BaseInfo, NewActivity, NewSearchLog, SearchLog};
use genledger::id::{ActivityIdGenerator, UsageLogIdGenerator};
use genledger::prelude::*;

/// Creates logs of two kinds, with numbers.
#[derive(Debug)]
pub(crate) struct Rows {
    usage: UsageLogIdGenerator,
    searches: ActivityIdGenerator,
}

impl Rows {
    pub(crate) fn new() -> Self {
        Self {
            usage: UsageLogIdGenerator::system(NodeId::ZERO),
            searches: ActivityIdGenerator::system(),
        }
    }

    pub(crate) fn usage(&self, number: i64) -> UsageLog {
        let kind = match number % 5 {
            0 => UsageLogType::Refund,
            1 => UsageLogType::Topup,
            _ => UsageLogType::Consume,
        };
        NewUsageLog::new(kind, 40 + number % 3)
            .model_name(["gpt-4o", "claude"][usize::from(number % 2 == 0)])
            .channel_id(number % 4)
            .tokens(10, 5)
            .quota(number)
            .into_log(&self.usage)
            .unwrap()
    }

    /// A log of about this many bytes.
    pub(crate) fn large(&self, number: i64, bytes: usize) -> UsageLog {
        let mut log = self.usage(number);
        log.content = "x".repeat(bytes);
        log
    }

    pub(crate) fn search(&self, number: i64) -> SearchLog {
        let new = NewSearchLog {
            base: BaseInfo::default(),
            key_word: format!("sofa {number}"),
            temporary_code: Some("t-1".into()),
            result_count: 12,
            record_time_stamp: chrono::DateTime::from_timestamp_millis(1_750_000_000_000).unwrap(),
        };
        new.into_log(&self.searches).unwrap()
    }

    pub(crate) fn many(&self, count: i64) -> Vec<UsageLog> {
        (0..count).map(|number| self.usage(number)).collect()
    }
}

/// How a log is called in the sets of the tests.
pub(crate) fn name(log: &UsageLog) -> String {
    format!("usage {}", log.id)
}

/// As [`name`].
pub(crate) fn search_name(log: &SearchLog) -> String {
    format!("search {}", log.id)
}
