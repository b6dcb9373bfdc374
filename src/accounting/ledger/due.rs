//! `Due`, an amount or what was used, and what it asks of an account.

use genledger_contract::{Entity, Error, ErrorKind, Result, Violations};

use super::account::Account;
use super::operation::{Stop, check_not_negative};
use super::request_text::RequestText;
use crate::accounting::{
    AccountingRecord, Cost, Currency, EntryOutcome, Money, PriceFault, PriceSheet, Priced,
    Quantities, UsedPrice,
};
use crate::json::JsonObject;

/// What is due for a charge or a settlement.
///
/// ```
/// use genledger::accounting::{Bucket, Currency, Due, Quantities};
///
/// let used = Quantities::new().with(Bucket::Input, 400)?;
/// let due = Due::Usage { currency: Currency::iso("CNY")?, quantities: used };
/// assert_eq!(due.currency().code(), "CNY");
/// # Ok::<(), genledger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// An amount, 0 or more.
    Amount(Money),
    /// What was used, which a price makes an amount of. What is below the smallest unit is carried to the next one.
    Usage {
        /// The currency of the account.
        currency: Currency,
        /// What was used.
        quantities: Quantities,
    },
}

impl Due {
    /// The currency.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        match self {
            Self::Amount(amount) => amount.currency(),
            Self::Usage { currency, .. } => *currency,
        }
    }

    /// The stated amount in smallest units, 0 if it is not known before it is priced.
    pub(super) fn stated(&self) -> i128 {
        match self {
            Self::Amount(amount) => amount.units().into(),
            Self::Usage { .. } => 0,
        }
    }

    pub(super) fn check(&self, found: &mut Violations) {
        match self {
            Self::Amount(amount) => check_not_negative(found, "amount", *amount),
            Self::Usage { quantities, .. } => {
                let message = "has more than 64 bits of tokens";
                let fits = tokens(quantities).is_ok();
                found.check(!fits, "quantities", "out_of_range", message);
            }
        }
    }

    pub(super) fn write(&self, text: &mut RequestText) {
        match self {
            Self::Amount(amount) => text.field("amount", amount.amount()),
            Self::Usage { quantities, .. } => text.quantities(quantities),
        }
    }

    /// Writes the columns of what was used.
    pub(super) fn used(&self, record: &mut AccountingRecord) -> Result<()> {
        let Self::Usage { quantities, .. } = self else {
            return Ok(());
        };
        let (input, output, total) = tokens(quantities)?;
        record.input_tokens = Some(input);
        record.output_tokens = Some(output);
        record.total_tokens = Some(total);
        let (unit, quantity) = quantities.unit();
        record.unit = Some(unit);
        record.quantity = quantity;
        record.quantities = Some(JsonObject::from(quantities));
        Ok(())
    }
}

/// Tokens of the prompt, of the completion, and of both.
fn tokens(quantities: &Quantities) -> Result<(i64, i64, i64)> {
    let input = quantities.prompt_tokens()?;
    let output = quantities.completion_tokens()?;
    let total = input.checked_add(output);
    let total = total.ok_or_else(|| Error::from(PriceFault::OutOfRange))?;
    Ok((input, output, total))
}

/// What is asked of an account.
pub(super) struct Asked {
    pub(super) units: i128,
    /// The next residual, if a price was involved.
    pub(super) residual: Option<i64>,
    /// The rates that were used.
    pub(super) price: Option<UsedPrice>,
}

/// A stated amount.
pub(super) const fn stated(units: i128) -> Asked {
    Asked {
        units,
        residual: None,
        price: None,
    }
}

/// What a cost asks for when the residual of the account is carried.
pub(super) fn carried(
    cost: Cost,
    price: Option<UsedPrice>,
    account: &Account,
) -> Result<Asked, Stop> {
    let carried = cost.carry(account.residual, account.currency);
    let carried = carried.map_err(|_| Stop::refused(EntryOutcome::OutOfRange, 0))?;
    Ok(Asked {
        units: carried.asked.units().into(),
        residual: Some(carried.residual),
        price,
    })
}

/// The cost of what was used by the price of the request, or else by the one that the record keeps.
pub(super) fn priced(
    quantities: &Quantities,
    given: Option<&PriceSheet>,
    record: Option<&AccountingRecord>,
) -> Result<Priced, Stop> {
    let refuse = |fault: PriceFault| Stop::refused(fault.outcome(), 0);
    if let Some(sheet) = given {
        return sheet.price(quantities).map_err(refuse);
    }
    let state = record.map(|record| &record.state);
    if let Some(kept) = state.and_then(|state| state.price.as_ref()) {
        let price = UsedPrice::parse(kept.as_str()).map_err(unreadable)?;
        let cost = price.cost(quantities).map_err(refuse)?;
        return Ok(Priced { cost, price });
    }
    if state.is_some_and(|state| state.price_version.is_some()) {
        // The hold has fixed its price: no other one is taken for it.
        let message = "the price of the hold is not known here: state it in the request";
        return Err(Error::new(ErrorKind::NotFound, message)
            .with_column("price")
            .into());
    }
    Err(Stop::refused(EntryOutcome::NoPrice, 0))
}

fn unreadable(error: Error) -> Error {
    Error::corrupt("the record has a price that this version cannot read")
        .with_table(AccountingRecord::TABLE.name)
        .with_column("price")
        .with_source(error)
}
