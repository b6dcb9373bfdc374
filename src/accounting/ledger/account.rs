//! An account in smallest units, as decisions calculate with it.

use genledger_contract::{CodedEnum, Entity, Error, Result};
use rust_decimal::Decimal;

use crate::accounting::{BalanceStatus, Currency, CustomerBalance, Money};

/// The state of an account. Amounts are smallest units; none of them reaches 10^12 of the currency, so that sums of a few
/// never overflow.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) currency: Currency,
    pub(super) balance: i128,
    pub(super) reserved: i128,
    pub(super) credit_limit: i128,
    pub(super) residual: i64,
    pub(super) status: BalanceStatus,
}

impl Account {
    pub(super) fn of(row: &CustomerBalance) -> Result<Self> {
        if !row.status.is_known() {
            let error = Error::corrupt("the account has a status that this version does not know");
            return Err(error
                .with_table(CustomerBalance::TABLE.name)
                .with_column(CustomerBalance::STATUS.definition().name));
        }
        let currency = row.currency()?;
        Ok(Self {
            currency,
            balance: units(row.balance, currency)?,
            reserved: units(row.reserved, currency)?,
            credit_limit: units(row.credit_limit, currency)?,
            residual: row.residual,
            status: row.status.clone(),
        })
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.status == BalanceStatus::Frozen
    }

    /// What can be charged or held, not negative; without a limit, more than any amount.
    pub(super) fn free(&self) -> i128 {
        match self.room() {
            Some(room) => room.max(0),
            None => i128::MAX,
        }
    }

    /// The balance and the credit limit without what is held; `None` without a limit.
    fn room(&self) -> Option<i128> {
        let is_limited = self.credit_limit != most(self.currency);
        is_limited.then(|| self.balance + self.credit_limit - self.reserved)
    }

    /// The room, as the column `available` has it.
    pub(super) fn available(&self) -> i128 {
        let most = most(self.currency);
        self.room().map_or(most, |room| room.clamp(-most, most))
    }

    /// Whether its amounts can be stored.
    pub(super) fn is_in_range(&self) -> bool {
        let most = most(self.currency);
        self.balance.abs() <= most && self.reserved <= most
    }
}

/// The greatest amount.
fn most(currency: Currency) -> i128 {
    Money::max(currency).units().into()
}

/// An amount of a row in smallest units.
pub(super) fn units(amount: Decimal, currency: Currency) -> Result<i128> {
    Ok(money(amount, currency)?.units().into())
}

/// An amount of a row.
pub(super) fn money(amount: Decimal, currency: Currency) -> Result<Money> {
    Money::new(amount, currency).map_err(|error| {
        Error::corrupt("a row has an amount that its currency does not have").with_source(error)
    })
}

/// Smallest units as the amount of a row.
pub(super) fn decimal(units: i128, currency: Currency) -> Result<Decimal> {
    Ok(Money::within(units, currency)?.amount())
}
