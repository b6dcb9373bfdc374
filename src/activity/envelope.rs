//! One type that holds any of the logs, with an explicit tag, since several have the same shape.

use chrono::{DateTime, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::{
    Activity, BaseInfo, GenerateImageLog, MerchantClueLog, MerchantSettleLog, ModelOperateLog,
    ModelUseLog, OrderLog, PlatformAmountLog, SearchLog, TelepathyLog, UserActivateLog,
    UserLoginLog, WalletLog, WaresBrowseLog, WaresCollectionLog,
};
use crate::contract::{Entity, RowOutcome, Session, SessionExt, TableDef};
use crate::id::ActivityId;

/// Lists every log once: `$each!(Variant LogType table, …)`.
macro_rules! every_log {
    ($each:ident) => {
        $each! {
            GenerateImage GenerateImageLog,
            MerchantClue MerchantClueLog,
            MerchantSettle MerchantSettleLog,
            ModelOperate ModelOperateLog,
            ModelUse ModelUseLog,
            Order OrderLog,
            PlatformAmount PlatformAmountLog,
            Search SearchLog,
            Telepathy TelepathyLog,
            UserActivate UserActivateLog,
            UserLogin UserLoginLog,
            Wallet WalletLog,
            WaresBrowse WaresBrowseLog,
            WaresCollection WaresCollectionLog,
        }
    };
}

macro_rules! envelope {
    ($($kind:ident $log:ident,)+) => {
        /// Which of the fourteen logs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum LogKind {
            $(
                #[doc = concat!("[`", stringify!($log), "`].")]
                $kind,
            )+
        }

        impl LogKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The tag in JSON, which is the name of the log.
            #[must_use]
            pub const fn tag(self) -> &'static str {
                match self {
                    $(Self::$kind => stringify!($log),)+
                }
            }

            /// The table.
            #[must_use]
            pub const fn table(self) -> &'static TableDef {
                match self {
                    $(Self::$kind => <$log as Entity>::TABLE,)+
                }
            }
        }

        /// Any of the fourteen logs; in JSON tagged with `log_type`, the name of the log.
        #[derive(Clone, Debug, PartialEq)]
        pub enum ActivityLog {
            $(
                #[doc = concat!("A [`", stringify!($log), "`].")]
                $kind($log),
            )+
        }

        impl ActivityLog {
            /// Which log it is.
            #[must_use]
            pub const fn kind(&self) -> LogKind {
                match self {
                    $(Self::$kind(_) => LogKind::$kind,)+
                }
            }

            /// Its id.
            #[must_use]
            pub const fn id(&self) -> &ActivityId {
                match self {
                    $(Self::$kind(log) => &log.id,)+
                }
            }

            /// The common part.
            #[must_use]
            pub const fn base(&self) -> &BaseInfo {
                match self {
                    $(Self::$kind(log) => &log.base,)+
                }
            }

            /// When it happened.
            #[must_use]
            pub fn occurred_at(&self) -> DateTime<Utc> {
                match self {
                    $(Self::$kind(log) => log.occurred_at(),)+
                }
            }
        }

        $(
            impl From<$log> for ActivityLog {
                fn from(log: $log) -> Self {
                    Self::$kind(log)
                }
            }
        )+

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

            /// Inserts every list and answers the outcomes in the order of the batch.
            pub(super) async fn insert<S: Session + ?Sized>(
                &self,
                session: &S,
            ) -> crate::Result<Vec<RowOutcome>> {
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

        impl<'de> Deserialize<'de> for ActivityLog {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let tagged = Untyped::deserialize(deserializer)?;
                match tagged.log_type {
                    $(LogKind::$kind => serde_json::from_str(tagged.log.get()).map(Self::$kind),)+
                }
                .map_err(D::Error::custom)
            }
        }

        impl Serialize for ActivityLog {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[derive(Serialize)]
                struct Tagged<'a, T> {
                    log_type: LogKind,
                    log: &'a T,
                }
                match self {
                    $(Self::$kind(log) => Tagged { log_type: LogKind::$kind, log }.serialize(serializer),)+
                }
            }
        }
    };
}

every_log!(envelope);

/// A log whose kind is known and whose members are not read yet.
#[derive(Deserialize)]
struct Untyped {
    log_type: LogKind,
    log: Box<RawValue>,
}

impl Serialize for LogKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.tag().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LogKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tag = String::deserialize(deserializer)?;
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.tag() == tag)
            .ok_or_else(|| D::Error::custom("expected the name of one of the fourteen logs"))
    }
}
