//! The enum of the fourteen kinds of logs, and the list that it is made from.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    GenerateImageLog, MerchantClueLog, MerchantSettleLog, ModelOperateLog, ModelUseLog, OrderLog,
    PlatformAmountLog, SearchLog, TelepathyLog, UserActivateLog, UserLoginLog, WalletLog,
    WaresBrowseLog, WaresCollectionLog,
};
use crate::contract::Entity;
use crate::contract::json::value_free;
use crate::contract::table::TableDef;

/// The one list of all logs: calls a macro with `Variant LogType, …`.
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

pub(crate) use every_log;

macro_rules! kinds {
    ($($kind:ident $log:ident,)+) => {
        /// Which of the fourteen logs.
        ///
        /// ```
        /// use genledger::activity::ActivityKind;
        ///
        /// assert_eq!(ActivityKind::ALL.len(), 14);
        /// assert_eq!(ActivityKind::from_tag("SearchLog"), Some(ActivityKind::Search));
        /// assert_eq!(ActivityKind::Search.table().name, "search_logs");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ActivityKind {
            $(
                #[doc = concat!("[`", stringify!($log), "`].")]
                $kind,
            )+
        }

        impl ActivityKind {
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
    };
}

every_log!(kinds);

impl ActivityKind {
    /// The kind with this tag.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.tag() == tag)
    }
}

impl fmt::Display for ActivityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

impl Serialize for ActivityKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.tag().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ActivityKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tag: String = value_free(deserializer)?;
        Self::from_tag(&tag)
            .ok_or_else(|| D::Error::custom("expected the name of one of the fourteen logs"))
    }
}
