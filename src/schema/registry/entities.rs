//! The one list of entities.

use super::{Domain, EntityDef, NestedDef, RelationDef};
use crate::accounting::{AccountingRecord, AuditMark, BalanceEntry, CustomerBalance};
use crate::activity::{
    Activity, GenerateImageLog, MerchantClueLog, MerchantSettleLog, ModelOperateLog, ModelUseLog,
    OrderLog, ParameterInfo, Picture, PlatformAmountLog, SearchLog, TelepathyLog, UserActivateLog,
    UserLoginLog, WalletLog, WaresBrowseLog, WaresCollectionLog,
};
use crate::contract::{Embed, Entity};
use crate::generation::{GenerationAttempt, ImageTask, ProviderAccount, VideoTask};
use crate::midjourney::MidjourneyTask;
use crate::outbox::{OutboxCursor, OutboxEvent};
use crate::usage::{UsageLog, UsageRollup, UsageRollupCoverage};

/// Every entity, domain by domain, in the order in which the tables are made.
const ENTITIES: &[EntityDef] = &[
    EntityDef::of::<UsageLog>("UsageLog", Domain::Usage),
    EntityDef::of::<UsageRollup>("UsageRollup", Domain::Usage),
    EntityDef::of::<UsageRollupCoverage>("UsageRollupCoverage", Domain::Usage),
    EntityDef::of::<MidjourneyTask>("MidjourneyTask", Domain::Midjourney),
    EntityDef::of::<ProviderAccount>("ProviderAccount", Domain::Generation),
    task::<ImageTask>("ImageTask"),
    task::<VideoTask>("VideoTask"),
    EntityDef {
        relations: &[RelationDef {
            column: "account_id",
            table: "jimeng_accounts",
        }],
        ..EntityDef::of::<GenerationAttempt>("GenerationAttempt", Domain::Generation)
    },
    EntityDef::of::<AccountingRecord>("AccountingRecord", Domain::Accounting),
    EntityDef::of::<CustomerBalance>("CustomerBalance", Domain::Accounting),
    EntityDef {
        relations: &[RelationDef {
            column: "record_id",
            table: "accounting_records",
        }],
        ..EntityDef::of::<BalanceEntry>("BalanceEntry", Domain::Accounting)
    },
    EntityDef::of::<AuditMark>("AuditMark", Domain::Accounting),
    EntityDef {
        nested: &[
            NestedDef {
                name: "ParameterInfo",
                column: "parameter_info",
                list: false,
                members: ParameterInfo::COLUMNS,
            },
            NestedDef {
                name: "Picture",
                column: "picture_list",
                list: true,
                members: Picture::COLUMNS,
            },
        ],
        ..log::<GenerateImageLog>()
    },
    log::<MerchantClueLog>(),
    log::<MerchantSettleLog>(),
    log::<ModelOperateLog>(),
    log::<ModelUseLog>(),
    log::<OrderLog>(),
    log::<PlatformAmountLog>(),
    log::<SearchLog>(),
    log::<TelepathyLog>(),
    log::<UserActivateLog>(),
    log::<UserLoginLog>(),
    log::<WalletLog>(),
    EntityDef {
        relations: &[RelationDef {
            column: "temporary_code",
            table: "search_logs",
        }],
        ..log::<WaresBrowseLog>()
    },
    log::<WaresCollectionLog>(),
    EntityDef::of::<OutboxEvent>("OutboxEvent", Domain::Outbox),
    EntityDef::of::<OutboxCursor>("OutboxCursor", Domain::Outbox),
];

/// One of the business logs.
const fn log<L: Activity>() -> EntityDef {
    EntityDef {
        base: Some("BaseInfo"),
        ..EntityDef::of::<L>(L::KIND.tag(), Domain::Activity)
    }
}

/// A task of the generation domain.
const fn task<T: Entity>(name: &'static str) -> EntityDef {
    EntityDef {
        relations: &[
            RelationDef {
                column: "jimeng_accounts_id",
                table: "jimeng_accounts",
            },
            RelationDef {
                column: "attempt_id",
                table: "generation_attempts",
            },
        ],
        ..EntityDef::of::<T>(name, Domain::Generation)
    }
}

/// Every entity of this crate.
///
/// ```
/// let tables: Vec<_> = genledger::schema::registry::entities().iter().map(|entity| entity.table).collect();
/// assert_eq!(tables, genledger::schema::tables());
/// ```
#[must_use]
pub const fn entities() -> &'static [EntityDef] {
    ENTITIES
}
