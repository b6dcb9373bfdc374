//! Checks the ranges of settings that SQLite would misinterpret.

use genledger_contract::{Result, Violation, Violations};

use super::SqliteConfig;

/// SQLite's settings are C integers.
const MOST: u32 = i32::MAX.unsigned_abs();

impl SqliteConfig {
    /// Returns a violation for every setting that is out of its range.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = [
            (
                !(1..=1_000).contains(&self.readers),
                "readers",
                "must be from 1 to 1,000",
            ),
            (
                self.busy_timeout.as_millis() > MOST.into(),
                "busy_timeout",
                "must be at most 2,147,483,647 milliseconds",
            ),
            (
                !(512..=65_536).contains(&self.page_size) || !self.page_size.is_power_of_two(),
                "page_size",
                "must be a power of two from 512 to 65,536",
            ),
            (
                self.cache_kib > MOST,
                "cache_kib",
                "must be at most 2,147,483,647",
            ),
            (
                self.wal_autocheckpoint > MOST,
                "wal_autocheckpoint",
                "must be at most 2,147,483,647",
            ),
            (
                self.transaction_idle_timeout.is_zero(),
                "transaction_idle_timeout",
                "must be longer than 0",
            ),
        ];
        let mut found = Violations::new();
        let wrong = wrong.into_iter().filter(|(wrong, ..)| *wrong);
        found.extend(wrong.map(|(_, path, message)| Violation::new(path, "out_of_range", message)));
        Ok(found.into_result()?)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{SqliteConfig, Violation};

    #[test]
    fn settings_have_ranges() {
        assert!(SqliteConfig::memory().check().is_ok());
        let config = SqliteConfig {
            readers: 0,
            busy_timeout: Duration::MAX,
            page_size: 1_000,
            cache_kib: u32::MAX,
            wal_autocheckpoint: u32::MAX,
            transaction_idle_timeout: Duration::ZERO,
            ..SqliteConfig::memory()
        };
        let error = config.check().unwrap_err();
        let paths: Vec<&str> = error.violations().iter().map(Violation::path).collect();
        assert_eq!(
            paths,
            [
                "readers",
                "busy_timeout",
                "page_size",
                "cache_kib",
                "wal_autocheckpoint",
                "transaction_idle_timeout"
            ]
        );
    }
}
