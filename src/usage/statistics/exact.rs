//! Intermediate sums in 128 bits.

use genledger_contract::Result;

use super::UsageTotals;
use super::totals::{NUMBERS, overflow};

/// Sums of any number of totals, in 128 bits: only the result has to fit into 64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::usage) struct ExactTotals([i128; NUMBERS]);

impl ExactTotals {
    pub(in crate::usage) fn add(&mut self, totals: &UsageTotals) {
        for (sum, number) in self.0.iter_mut().zip(totals.numbers()) {
            *sum += i128::from(number);
        }
    }

    pub(in crate::usage) fn subtract(&mut self, totals: &UsageTotals) {
        for (sum, number) in self.0.iter_mut().zip(totals.numbers()) {
            *sum -= i128::from(number);
        }
    }

    pub(in crate::usage) fn subtract_all(&mut self, other: &Self) {
        for (sum, number) in self.0.iter_mut().zip(other.0) {
            *sum -= number;
        }
    }

    /// The sums, if they fit.
    pub(in crate::usage) fn totals(&self) -> Result<UsageTotals> {
        let mut numbers = [0; NUMBERS];
        for ((number, sum), name) in numbers.iter_mut().zip(self.0).zip(UsageTotals::names()) {
            *number = i64::try_from(sum).map_err(|_| overflow(name))?;
        }
        Ok(UsageTotals::of_numbers(numbers))
    }

    /// Takes as much as fits into 64 bits, which is nearly always all, from the sums; `None` when
    /// nothing is left.
    pub(in crate::usage) fn take_part(&mut self) -> Option<UsageTotals> {
        if self.0 == [0; NUMBERS] {
            return None;
        }
        let part = self.0.map(|sum| {
            let least_or_greatest = if sum < 0 { i64::MIN } else { i64::MAX };
            i64::try_from(sum).unwrap_or(least_or_greatest)
        });
        let part = UsageTotals::of_numbers(part);
        self.subtract(&part);
        Some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::{ExactTotals, UsageTotals};

    #[test]
    fn what_does_not_fit_comes_in_parts() {
        let quota = |quota| UsageTotals {
            quota,
            ..UsageTotals::default()
        };
        let mut sums = ExactTotals::default();
        assert_eq!(sums.take_part(), None);
        for large in [i64::MAX, i64::MAX, -3] {
            sums.add(&quota(large));
        }
        assert!(sums.totals().is_err());
        assert_eq!(sums.take_part(), Some(quota(i64::MAX)));
        assert_eq!(sums.totals().unwrap(), quota(i64::MAX - 3));
        assert_eq!(sums.take_part(), Some(quota(i64::MAX - 3)));
        assert_eq!(sums.take_part(), None);
        sums.subtract(&quota(i64::MIN));
        assert_eq!(sums.take_part(), Some(quota(i64::MAX)));
        assert_eq!(sums.take_part(), Some(quota(1)));
    }
}
