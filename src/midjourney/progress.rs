//! `MidjourneyProgress`: a percentage that is stored as text.

use std::fmt;

use genledger_contract::entity::Operand;
use genledger_contract::json::value_free;
use genledger_contract::row::{ParamSink, RowReader};
use genledger_contract::table::ColumnType;
use genledger_contract::{Field, Result};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How much of a task is done, 0 to 100 percent: text in the database and in JSON, `0%` to `100%`.
///
/// Text of other programs is read as well: without the sign, with spaces, with a fraction, which is cut off. What
/// is not a number is read as 0 percent, and a number out of range as the nearest percentage.
///
/// ```
/// use genledger::midjourney::MidjourneyProgress;
///
/// let half = MidjourneyProgress::percent(50);
/// assert_eq!(half.to_string(), "50%");
/// assert!(half < MidjourneyProgress::COMPLETE);
/// assert_eq!(MidjourneyProgress::parse(" 50.9 %"), Some(half));
/// assert_eq!(MidjourneyProgress::parse("waiting"), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MidjourneyProgress(u8);

impl MidjourneyProgress {
    /// 100 percent.
    pub const COMPLETE: Self = Self(100);

    /// A percentage; more than 100 is 100.
    #[must_use]
    pub const fn percent(percent: u8) -> Self {
        if percent > 100 {
            Self::COMPLETE
        } else {
            Self(percent)
        }
    }

    /// The percentage.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Reads a percentage as other programs write it; `None` if it is not a number. The empty text is 0 percent.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.trim().trim_end_matches('%').trim_end();
        let (sign, digits) = match number.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, number),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole)
            || !is_digits(fraction)
            || (whole.is_empty() && !text.trim().is_empty())
        {
            return None;
        }
        // More digits than fit are more than 100 percent.
        let percent = whole.bytes().fold(0_u8, |sum, digit| {
            sum.saturating_mul(10).saturating_add(digit - b'0')
        });
        Some(if sign < 0 {
            Self(0)
        } else {
            Self::percent(percent)
        })
    }
}

impl fmt::Display for MidjourneyProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl Field for MidjourneyProgress {
    const TYPE: ColumnType = ColumnType::Text { max_chars: 30 };

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.text(&self.to_string())
    }

    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        let text = row.text(index)?;
        Ok(text.map(|text| Self::parse(text).unwrap_or_default()))
    }
}

/// The text of a row as another program wrote it, to be compared with the row.
pub(super) struct StoredProgress<'a>(pub(super) &'a str);

impl Operand<MidjourneyProgress> for StoredProgress<'_> {
    fn write(self, sink: &mut dyn ParamSink) -> Result<()> {
        sink.text(self.0)
    }
}

impl Serialize for MidjourneyProgress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MidjourneyProgress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: String = value_free(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("expected a percentage as text"))
    }
}

#[cfg(test)]
mod tests {
    use super::MidjourneyProgress;

    #[test]
    fn every_percentage_is_read_as_it_is_written() {
        for percent in 0..=100 {
            let progress = MidjourneyProgress::percent(percent);
            assert_eq!(
                MidjourneyProgress::parse(&progress.to_string()),
                Some(progress)
            );
        }
    }

    #[test]
    fn text_of_other_programs_is_read() {
        for (text, percent) in [
            ("", Some(0)),
            ("  ", Some(0)),
            ("0", Some(0)),
            ("57", Some(57)),
            ("57 %", Some(57)),
            ("99.9%", Some(99)),
            ("007%", Some(7)),
            ("101%", Some(100)),
            ("99999999999999999999", Some(100)),
            ("-1%", Some(0)),
            ("%", None),
            ("-", None),
            (".5", None),
            ("5.x", None),
            ("1e2", None),
            ("NaN", None),
            ("in queue", None),
        ] {
            let expected = percent.map(MidjourneyProgress::percent);
            assert_eq!(MidjourneyProgress::parse(text), expected, "{text:?}");
        }
    }
}
