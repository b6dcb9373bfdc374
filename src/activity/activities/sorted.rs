//! A mixed batch, sorted by kinds: each kind has a table of its own.

use crate::activity::kind::every_log;
use crate::activity::{
    ActivityLog, GenerateImageLog, MerchantClueLog, MerchantSettleLog, ModelOperateLog,
    ModelUseLog, OrderLog, PlatformAmountLog, SearchLog, TelepathyLog, UserActivateLog,
    UserLoginLog, WalletLog, WaresBrowseLog, WaresCollectionLog,
};
use crate::contract::{Result, RowOutcome, Session, SessionExt};

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
            pub(super) fn of(logs: Vec<ActivityLog>) -> Self {
                let mut sorted = Self { count: logs.len(), ..Self::default() };
                for (position, log) in logs.into_iter().enumerate() {
                    match log {
                        $(ActivityLog::$kind(log) => {
                            sorted.$kind.0.push(position);
                            sorted.$kind.1.push(log);
                        })+
                    }
                }
                sorted
            }

            /// Inserts every list and answers the outcomes in the order of the batch.
            pub(super) async fn insert<S: Session + ?Sized>(
                &self,
                session: &S,
            ) -> Result<Vec<RowOutcome>> {
                let mut outcomes = vec![RowOutcome::New; self.count];
                $(
                    let (positions, logs) = &self.$kind;
                    if !logs.is_empty() {
                        for (position, outcome) in positions.iter().zip(session.insert_many(logs).await?) {
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
