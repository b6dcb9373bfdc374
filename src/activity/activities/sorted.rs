//! A mixed batch, sorted by kinds: each kind has a table of its own.

use crate::activity::kind::every_log;
use crate::activity::{
    ActivityLog, GenerateImageLog, MerchantClueLog, MerchantSettleLog, ModelOperateLog,
    ModelUseLog, OrderLog, PlatformAmountLog, SearchLog, TelepathyLog, UserActivateLog,
    UserLoginLog, WalletLog, WaresBrowseLog, WaresCollectionLog,
};
use crate::contract::{
    Error, ErrorKind, Result, RowOutcome, Session, SessionExt, Violation, Violations,
};

macro_rules! sorted {
    ($($kind:ident $log:ident,)+) => {
        /// Logs of a mixed batch by their kind, each with its position in the batch.
        #[derive(Default)]
        #[expect(non_snake_case, reason = "one list for each variant")]
        pub(super) struct Sorted {
            count: usize,
            $($kind: (Vec<usize>, Vec<$log>),)+
        }

        impl Sorted {
            pub(super) fn of(logs: &[ActivityLog]) -> Self {
                let mut sorted = Self { count: logs.len(), ..Self::default() };
                for (position, log) in logs.iter().enumerate() {
                    match log {
                        $(ActivityLog::$kind(log) => {
                            sorted.$kind.0.push(position);
                            sorted.$kind.1.push(log.clone());
                        })+
                    }
                }
                sorted
            }

            /// Inserts every list and returns the outcomes in the order of the batch.
            pub(super) async fn insert<S: Session + ?Sized>(
                &self,
                session: &S,
            ) -> Result<Vec<RowOutcome>> {
                let mut outcomes = vec![RowOutcome::New; self.count];
                $(
                    let (positions, logs) = &self.$kind;
                    if !logs.is_empty() {
                        let inserted = session.insert_if_absent(logs).await;
                        let inserted = inserted.map_err(|error| placed(error, positions))?;
                        for (position, outcome) in positions.iter().zip(inserted) {
                            outcomes[*position] = outcome;
                        }
                    }
                )+
                Ok(outcomes)
            }
        }
    };
}

every_log!(sorted);

/// The error of a list, with the positions that its logs have in the batch.
fn placed(error: Error, positions: &[usize]) -> Error {
    if error.kind() != ErrorKind::Invalid || error.violations().is_empty() {
        return error;
    }
    let mut found = Violations::new();
    for violation in error.violations() {
        let (row, path) = split(violation.path());
        let place = positions.get(row).map(|position| format!("[{position}]"));
        let message = violation.message().to_owned();
        let moved = Violation::new(path.to_owned(), violation.rule(), message);
        found.push(match place {
            Some(place) => moved.within(&place),
            None => violation.clone(),
        });
    }
    let table = error.table().map(str::to_owned);
    let placed = Error::from(found);
    match table {
        Some(table) => placed.with_table(table),
        None => placed,
    }
}

/// `[3].amount` as 3 and `amount`; a list of one log has no positions.
fn split(path: &str) -> (usize, &str) {
    let parts = path
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]."));
    match parts.and_then(|(row, rest)| Some((row.parse().ok()?, rest))) {
        Some(parts) => parts,
        None => (0, path),
    }
}
