//! The status of a task at the provider.

/// The status of a task at the provider, from the number that it reports.
///
/// ```
/// use genledger::generation::RemoteStatus;
///
/// assert_eq!(RemoteStatus::of(20, 0), RemoteStatus::Running);
/// assert_eq!(RemoteStatus::of(50, 4), RemoteStatus::Done);
/// // A failure of some of the items.
/// assert_eq!(RemoteStatus::of(30, 3), RemoteStatus::DoneWithWarning);
/// assert!(RemoteStatus::of(77, 0).is_polled_again());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RemoteStatus {
    /// It is running: 20, 42, 45.
    Running,
    /// It is done: 10, 50.
    Done,
    /// It failed, and has items nevertheless: 30. They are the result.
    DoneWithWarning,
    /// It failed: 30.
    Failed,
    /// A number that this version does not know, kept for logs.
    Unrecognized(i64),
}

impl RemoteStatus {
    /// The status of a number and of the number of items in the report.
    #[must_use]
    pub const fn of(status: i64, items: usize) -> Self {
        match status {
            20 | 42 | 45 => Self::Running,
            10 | 50 => Self::Done,
            30 if items > 0 => Self::DoneWithWarning,
            30 => Self::Failed,
            _ => Self::Unrecognized(status),
        }
    }

    /// Whether the end is still to come: polling continues.
    #[must_use]
    pub const fn is_polled_again(self) -> bool {
        matches!(self, Self::Running | Self::Unrecognized(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_provider() {
        for (numbers, status) in [
            ([20, 42, 45].as_slice(), RemoteStatus::Running),
            (&[10, 50], RemoteStatus::Done),
            (&[30], RemoteStatus::Failed),
        ] {
            for number in numbers {
                assert_eq!(RemoteStatus::of(*number, 0), status);
                assert_eq!(status.is_polled_again(), status == RemoteStatus::Running);
            }
        }
        assert_eq!(RemoteStatus::of(30, 1), RemoteStatus::DoneWithWarning);
        assert!(!RemoteStatus::DoneWithWarning.is_polled_again());
        for number in [-1, 0, 31, 40, 60, i64::MAX] {
            let status = RemoteStatus::of(number, 9);
            assert_eq!(status, RemoteStatus::Unrecognized(number));
            assert!(status.is_polled_again());
        }
    }
}
