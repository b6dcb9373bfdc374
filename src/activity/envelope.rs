//! An enum of all logs. Its JSON has an explicit tag, since several logs have the same members.

use chrono::{DateTime, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::kind::every_log;
use super::{
    Activity, ActivityKind, BaseInfo, GenerateImageLog, MerchantClueLog, MerchantSettleLog,
    ModelOperateLog, ModelUseLog, OrderLog, PlatformAmountLog, SearchLog, TelepathyLog,
    UserActivateLog, UserLoginLog, WalletLog, WaresBrowseLog, WaresCollectionLog,
};
use crate::contract::Violations;
use crate::contract::json::{RawJson, value_free};
use crate::id::ActivityId;
use crate::validate::Validate;

macro_rules! envelope {
    ($($kind:ident $log:ident,)+) => {
        /// Any of the fourteen logs.
        ///
        /// In JSON it is an object of two members, in any order: `log_type`, the name of the log,
        /// and `log`, the log itself.
        ///
        /// ```
        /// use genledger::activity::{ActivityLog, ActivityKind};
        ///
        /// let json = r#"{"log_type":"WaresBrowseLog","log":{"ID":"a-1","RecordTimeStamp":1750000000000}}"#;
        /// let log: ActivityLog = serde_json::from_str(json)?;
        /// assert_eq!(log.kind(), ActivityKind::WaresBrowse);
        /// assert_eq!(log.occurred_at().timestamp_millis(), 1_750_000_000_000);
        /// # Ok::<(), serde_json::Error>(())
        /// ```
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
            pub const fn kind(&self) -> ActivityKind {
                match self {
                    $(Self::$kind(_) => ActivityKind::$kind,)+
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

        impl Validate for ActivityLog {
            fn violations(&self) -> Violations {
                match self {
                    $(Self::$kind(log) => log.violations(),)+
                }
            }

            fn warnings(&self) -> Violations {
                match self {
                    $(Self::$kind(log) => log.warnings(),)+
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

        impl<'de> Deserialize<'de> for ActivityLog {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let tagged: Untyped = value_free(deserializer)?;
                if !tagged.log.is_exact() {
                    let message = "a number was read as a float, which may have changed its digits";
                    return Err(D::Error::custom(message));
                }
                let log = tagged.log.into_json();
                match tagged.log_type {
                    $(ActivityKind::$kind => serde_json::from_str(log.get()).map(Self::$kind),)+
                }
                .map_err(D::Error::custom)
            }
        }

        impl Serialize for ActivityLog {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let log_type = self.kind();
                match self {
                    $(Self::$kind(log) => Tagged { log_type, log }.serialize(serializer),)+
                }
            }
        }
    };
}

every_log!(envelope);

/// A log whose kind is known and whose members are not read yet.
#[derive(Deserialize)]
struct Untyped {
    log_type: ActivityKind,
    log: RawJson,
}

#[derive(Serialize)]
struct Tagged<'a, T> {
    log_type: ActivityKind,
    log: &'a T,
}
