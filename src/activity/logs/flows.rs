//! Sums of amounts by direction.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::ActivityLogs;
use crate::activity::{
    Activity, ActivityFilter, Directed, FlowDirection, FlowType, PlatformAmountLog,
    TelepathyFlowType, TelepathyLog, WalletLog, WalletTradeType,
};
use crate::contract::entity::Column;
use crate::contract::json::decimal;
use crate::contract::query::AggregateQuery;
use crate::contract::{CodedEnum, Error, Field, Result, SessionExt};

/// A log of income and expense, for
/// [`sums_by_direction`](ActivityLogs::sums_by_direction).
///
/// ```
/// use genledger::activity::{Flow, PlatformAmountLog, WalletLog};
///
/// assert_eq!(PlatformAmountLog::DIRECTION.definition().name, "flow_type");
/// assert_eq!(WalletLog::DIRECTION.definition().name, "trade_type");
/// ```
pub trait Flow: Activity {
    /// The enum that contains the direction.
    type Type: Directed + Field + CodedEnum<Code = i16>;

    /// The column with the direction.
    const DIRECTION: Column<Self, Self::Type>;

    /// Adds the sum of the amounts to a query.
    fn sum(query: AggregateQuery<Self>) -> AggregateQuery<Self>;
}

macro_rules! flow {
    ($log:ident, $type:ident, $direction:literal, $amount:ident) => {
        impl Flow for $log {
            type Type = $type;

            const DIRECTION: Column<Self, $type> = Column::named($direction);

            fn sum(query: AggregateQuery<Self>) -> AggregateQuery<Self> {
                query.sum(Self::$amount)
            }
        }
    };
}

flow!(PlatformAmountLog, FlowType, "flow_type", AMOUNT);
flow!(
    TelepathyLog,
    TelepathyFlowType,
    "telepathy_trade_flow_type",
    TRADE_AMOUNT
);
flow!(WalletLog, WalletTradeType, "trade_type", TRADE_AMOUNT);

/// The sums of income and expense.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowSums {
    /// The sum of income.
    #[serde(with = "decimal")]
    pub income: Decimal,
    /// The sum of expense.
    #[serde(with = "decimal")]
    pub expense: Decimal,
    /// The sum of amounts whose direction this version does not know or cannot read.
    #[serde(with = "decimal")]
    pub unrecognized: Decimal,
}

impl<L: Flow> ActivityLogs<L> {
    /// The sums of a log of amounts by direction.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) when a sum does not fit, and those of
    /// [`Session`](crate::contract::Session).
    pub async fn sums_by_direction(&self, filter: &ActivityFilter<L>) -> Result<FlowSums> {
        let query = L::sum(AggregateQuery::over(filter.condition()).group_by(L::DIRECTION));
        let mut sums = FlowSums::default();
        for row in self.store.session().aggregate_lenient(query).await? {
            let code = row
                .value(0)
                .as_i64()
                .and_then(|code| i16::try_from(code).ok());
            let slot = match code.and_then(|code| L::Type::from_code(code).direction()) {
                Some(FlowDirection::Income) => &mut sums.income,
                Some(FlowDirection::Expense) => &mut sums.expense,
                None => &mut sums.unrecognized,
            };
            *slot = slot
                .checked_add(row.decimal(1)?)
                .ok_or_else(|| Error::invalid("the sum does not fit"))?;
        }
        Ok(sums)
    }
}
