//! A record as its entries have made it.

use chrono::TimeDelta;
use genledger_contract::{Entity, Result};
use rust_decimal::Decimal;

use super::request::Fields;
use crate::accounting::digest::columns;
use crate::accounting::{
    AccountingRecord, BalanceEntry, EntryKind, EntryOutcome, FailureReason, NewAccountingRecord,
    RecordStatus,
};
use crate::json::JsonObject;

/// The columns that do not follow from the entries: the rates are checked by the cost.
const NOT_FOLDED: [&str; 1] = ["price"];

/// A column, what is expected, and what is found.
type Difference = (&'static str, Option<String>, Option<String>);

/// The state of a record after the entries so far, in the order of their numbers.
pub(super) struct Fold {
    expected: AccountingRecord,
    /// Whether an entry has created it.
    pub(super) is_opened: bool,
    /// Whether rates are kept; `None` if that does not follow from the entries.
    has_price: Option<bool>,
    /// The entries that settle it.
    pub(super) settlements: u32,
    /// An entry cannot be followed: its request is not one that this version knows, or an amount is out of range.
    pub(super) is_unknown: bool,
}

/// Whether an entry changes its record: it is done, or it has created a record although it was refused.
pub(super) fn changes(entry: &BalanceEntry) -> bool {
    entry.outcome == EntryOutcome::Done
        || matches!(entry.kind, EntryKind::Authorize | EntryKind::Charge)
}

impl Fold {
    /// Before the first entry. What a record of another program consists of is not known: only what the entries change.
    pub(super) fn before(found: &AccountingRecord) -> Self {
        let mut expected = found.clone();
        let state = &mut expected.state;
        state.held = Decimal::ZERO;
        state.adjusted = Decimal::ZERO;
        state.refunded = Decimal::ZERO;
        state.opened_seq = 0;
        state.last_seq = 0;
        Self {
            expected,
            is_opened: false,
            has_price: None,
            settlements: 0,
            is_unknown: false,
        }
    }

    pub(super) fn apply(&mut self, entry: &BalanceEntry, found: &AccountingRecord) {
        if changes(entry) && self.change(entry, found).is_none() {
            self.is_unknown = true;
        }
    }

    fn change(&mut self, entry: &BalanceEntry, found: &AccountingRecord) -> Option<()> {
        let fields = Fields::read(&entry.request)?;
        let is_done = entry.outcome == EntryOutcome::Done;
        if is_done && entry.kind.settles() {
            self.settlements += 1;
        }
        match entry.kind {
            EntryKind::Authorize | EntryKind::Charge => self.open(entry, &fields)?,
            EntryKind::Settle => self.details(&fields, found),
            EntryKind::Void => self.fail(FailureReason::Voided),
            EntryKind::Expire => self.fail(FailureReason::Expired),
            EntryKind::Refund | EntryKind::Reverse => {
                let refunded = self.expected.state.refunded;
                self.expected.state.refunded = refunded.checked_add(entry.amount)?;
            }
            EntryKind::Rerate => self.rerate(entry, &fields, found)?,
            EntryKind::TopUp | EntryKind::Adjust | EntryKind::Limit | EntryKind::Status => {}
            EntryKind::Unrecognized(_) => return None,
        }
        if is_done && entry.kind == EntryKind::Charge {
            self.expected.state.status = RecordStatus::Accounted;
        }
        if entry.kind.settles() && (is_done || entry.kind == EntryKind::Charge) {
            self.use_up(entry, &fields, is_done)?;
            self.log(&fields, found);
        }
        self.expected.state.last_seq = entry.seq;
        self.expected.state.updated_at = entry.created_at;
        Some(())
    }

    fn open(&mut self, entry: &BalanceEntry, fields: &Fields) -> Option<()> {
        let text = |name| fields.text(name).map(str::to_owned);
        let new = NewAccountingRecord {
            llmid: text("llmid"),
            model_name: text("model"),
            transno: text("transno"),
            retry_count: match fields.text("retry") {
                Some(count) => count.parse().ok()?,
                None => 0,
            },
            ..NewAccountingRecord::new(entry.customer_id.as_str(), entry.currency.as_str())
        };
        let new = new.request_id(entry.request_id.clone());
        let id = self.expected.id.clone();
        let pricing_id = self.expected.pricing_id.clone();
        let mut record = new.into_record_with_id(id, entry.created_at).ok()?;
        record.state.price_version = text("price");
        record.pricing_id = pricing_id.filter(|_| record.state.price_version.is_some());
        record.state.opened_seq = entry.seq;
        self.has_price = Some(false);
        self.is_opened = true;
        if entry.outcome != EntryOutcome::Done {
            record.state.status = RecordStatus::Failed;
            let reason = FailureReason::from_str_code(entry.outcome.as_str());
            record.state.failure_reason = Some(reason);
        } else if entry.kind == EntryKind::Authorize {
            record.state.held = entry.hold;
            let ttl = TimeDelta::try_seconds(fields.integer("ttl")?)?;
            record.state.expires_at = Some(entry.created_at.checked_add_signed(ttl)?);
        }
        self.expected = record;
        Some(())
    }

    /// What a settlement or a rerating states replaces what the record had.
    fn details(&mut self, fields: &Fields, found: &AccountingRecord) {
        let text = |name| fields.text(name).map(str::to_owned);
        let record = &mut self.expected;
        record.llmid = text("llmid").or_else(|| record.llmid.take());
        record.model_name = text("model").or_else(|| record.model_name.take());
        if let Some(version) = text("price") {
            record.state.price_version = Some(version);
            // The version fixes it; sheets are not stored.
            record.pricing_id.clone_from(&found.pricing_id);
            self.has_price = Some(false);
        }
    }

    fn fail(&mut self, reason: FailureReason) {
        let state = &mut self.expected.state;
        state.status = RecordStatus::Failed;
        state.failure_reason = Some(reason);
        state.expires_at = None;
    }

    /// What was used and charged.
    fn use_up(&mut self, entry: &BalanceEntry, fields: &Fields, is_done: bool) -> Option<()> {
        let record = &mut self.expected;
        if fields.is_priced() {
            let quantities = fields.quantities()?;
            let (input, output) = (quantities.prompt_tokens(), quantities.completion_tokens());
            let (input, output) = (input.ok()?, output.ok()?);
            record.input_tokens = Some(input);
            record.output_tokens = Some(output);
            record.total_tokens = Some(input.checked_add(output)?);
            let (unit, quantity) = quantities.unit();
            record.unit = Some(unit);
            record.quantity = quantity;
            record.quantities = Some(JsonObject::from(&quantities));
        }
        if !is_done {
            return Some(());
        }
        if fields.is_priced() {
            self.has_price = Some(true);
        }
        let state = &mut record.state;
        state.status = RecordStatus::Accounted;
        state.failure_reason = None;
        state.expires_at = None;
        state.accounted_at = Some(entry.created_at);
        state.amount = -entry.amount;
        state.shortfall = entry.asked.checked_add(entry.amount)?;
        Some(())
    }

    /// The log of a request that names one; its digest is stated, and its id is not.
    fn log(&mut self, fields: &Fields, found: &AccountingRecord) {
        if let Some(digest) = fields.text("log") {
            self.expected.state.log_digest = Some(digest.to_owned());
            self.expected.state.log_id = found.state.log_id;
        }
    }

    fn rerate(
        &mut self,
        entry: &BalanceEntry,
        fields: &Fields,
        found: &AccountingRecord,
    ) -> Option<()> {
        self.details(fields, found);
        if fields.text("price").is_some() {
            self.has_price = None;
        }
        let state = &mut self.expected.state;
        // What is not charged of a lower cost was never paid.
        let waived = (-entry.amount).checked_sub(entry.asked)?;
        state.shortfall = state.shortfall.checked_sub(waived)?;
        state.adjusted = state.adjusted.checked_sub(entry.amount)?;
        Some(())
    }

    /// The columns that are not what the entries have made of them: the name, what is expected, what is found.
    pub(super) fn differences(&self, found: &AccountingRecord) -> Result<Vec<Difference>> {
        let mut expected = self.expected.clone();
        if let Some(has_price) = self.has_price
            && has_price != found.state.price.is_some()
        {
            let name = |is: bool| is.then(|| "rates".to_owned());
            return Ok(vec![("price", name(has_price), name(!has_price))]);
        }
        if self.is_opened && expected.state.price_version.is_none() {
            expected.pricing_id = None;
        }
        let expected = columns(&expected)?;
        let found = columns(found)?;
        Ok(differing::<AccountingRecord>(&expected, &found)
            .into_iter()
            .filter(|(name, ..)| !NOT_FOLDED.contains(name))
            .collect())
    }
}

/// The columns of two rows that differ.
fn differing<E: Entity>(
    expected: &[(&'static str, String)],
    found: &[(&'static str, String)],
) -> Vec<Difference> {
    let of = |row: &[(&'static str, String)], name: &str| {
        let value = row.iter().find(|(column, _)| *column == name);
        value.map(|(_, value)| value.clone())
    };
    let columns = E::TABLE.columns.iter().map(|column| column.name);
    columns
        .map(|name| (name, of(expected, name), of(found, name)))
        .filter(|(_, expected, found)| expected != found)
        .collect()
}
