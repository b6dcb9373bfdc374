//! What a caller states about a record beside its amount.

use genledger_contract::{Result, Violation, Violations};

use super::due::Due;
use super::operation::Facts;
use super::request_text::RequestText;
use crate::accounting::{AccountingRecord, Currency, NewAccountingRecord, PriceSheet};
use crate::validate::Validate;

/// The model, the price, the trade number, and how often the caller has tried before.
#[derive(Default)]
pub(super) struct Details<'a> {
    pub(super) llmid: Option<&'a str>,
    pub(super) model_name: Option<&'a str>,
    pub(super) price: Option<&'a PriceSheet>,
    pub(super) transno: Option<&'a str>,
    pub(super) retry_count: Option<i16>,
}

impl Details<'_> {
    pub(super) fn check(&self, found: &mut Violations, currency: Currency) {
        // The rules of the columns; the customer and the key are checked with the request.
        let record = self.fill(NewAccountingRecord::new("-", currency.code()));
        found.extend(record.violations());
        let Some(price) = self.price else { return };
        let within = |one: Violation| one.within("price");
        found.extend(price.violations().into_iter().map(within));
        let message = "is the price in another currency";
        let other = price.currency() != currency.code();
        found.check(other, "price", "currency_mismatch", message);
    }

    pub(super) fn write(&self, text: &mut RequestText) {
        text.maybe("llmid", self.llmid);
        text.maybe("model", self.model_name);
        text.maybe("price", self.price.map(PriceSheet::version));
        text.maybe("transno", self.transno);
        text.maybe("retry", self.retry_count.filter(|count| *count != 0));
    }

    fn fill(&self, new: NewAccountingRecord) -> NewAccountingRecord {
        let text = |text: Option<&str>| text.map(str::to_owned);
        NewAccountingRecord {
            llmid: text(self.llmid),
            model_name: text(self.model_name),
            transno: text(self.transno),
            retry_count: self.retry_count.unwrap_or(0),
            ..new
        }
    }

    /// A new record, pending, with what is due for it.
    pub(super) fn record(&self, facts: &Facts<'_>, due: Option<&Due>) -> Result<AccountingRecord> {
        let head = facts.head;
        let new = NewAccountingRecord::new(head.customer_id.as_str(), head.currency.code());
        let new = self.fill(new).request_id(head.key.clone());
        let mut record = new.into_record_with_id(facts.id.clone(), facts.now)?;
        self.priced(&mut record);
        if let Some(due) = due {
            due.used(&mut record)?;
        }
        Ok(record)
    }

    /// Replaces what is stated now in an existing record.
    pub(super) fn replace(&self, record: &mut AccountingRecord) {
        if let Some(llmid) = self.llmid {
            record.llmid = Some(llmid.to_owned());
        }
        if let Some(model_name) = self.model_name {
            record.model_name = Some(model_name.to_owned());
        }
        self.priced(record);
    }

    /// The version of the price; its rates are kept when something was used.
    fn priced(&self, record: &mut AccountingRecord) {
        if let Some(price) = self.price {
            record.pricing_id = Some(price.id().to_owned());
            record.state.price_version = Some(price.version());
            record.state.price = None;
        }
    }
}
