//! A model of the ledger, written from the rules and not from the library: amounts are numbers of 10^-18, rows are plain
//! structs, and every operation is one arm.

mod effects;
mod fields;

use std::collections::BTreeMap;

use effects::View;
use fields::{Fields, fields};

/// 10^12 of a currency, which no amount reaches.
const TRILLION: i128 = 1_000_000_000_000_000_000_000_000_000_000;

/// An operation, as both the model and the ledger play it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Op {
    pub(crate) customer: &'static str,
    pub(crate) key: String,
    pub(crate) currency: &'static str,
    pub(crate) what: What,
}

/// A record by the order of its creation; none has the last one.
pub(crate) type Record = usize;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    TopUp(i128),
    Authorize {
        max: i128,
        ttl: i64,
    },
    Settle {
        record: Record,
        due: Asks,
        overrun: &'static str,
        late: &'static str,
        priced: bool,
    },
    Void(Record),
    Charge {
        due: Asks,
        overrun: &'static str,
    },
    Refund(Record, Option<i128>),
    Adjust(i128, bool),
    Rerate(Record, i128, bool),
    Reverse(i64),
    Limit(Option<i128>),
    Status(&'static str),
    Advance(i64),
    Sweep,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Asks {
    Amount(i128),
    /// So many units of input, and so many of output, which has no price.
    Usage(i128, i128),
}

/// What an operation returns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    Receipt(Row),
    Conflict(String),
    NotFound,
    NotReversible,
    /// How many holds were released.
    Swept(usize),
    Nothing,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) seq: i64,
    pub(crate) outcome: String,
    pub(crate) record: Option<Record>,
    pub(crate) asked: i128,
    pub(crate) amount: i128,
    pub(crate) balance: i128,
    pub(crate) reserved: i128,
    pub(crate) available: i128,
    pub(crate) time: i64,
    pub(crate) replayed: bool,
}

#[derive(Debug, Default)]
struct Acct {
    balance: i128,
    reserved: i128,
    limit: Option<i128>,
    rest: i128,
    frozen: bool,
    time: i64,
    journal: Vec<(&'static str, Row)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rec {
    pub(crate) customer: &'static str,
    pub(crate) currency: &'static str,
    /// `pending`, `accounted`, or why it failed.
    pub(crate) state: String,
    pub(crate) held: i128,
    pub(crate) amount: i128,
    pub(crate) shortfall: i128,
    pub(crate) adjusted: i128,
    pub(crate) refunded: i128,
    expires: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) now: i64,
    accounts: BTreeMap<(&'static str, &'static str), Acct>,
    memos: BTreeMap<(&'static str, String), (Fields, Row)>,
    pub(crate) records: Vec<Rec>,
}

/// The smallest unit of a currency.
pub(crate) fn unit(currency: &str) -> i128 {
    if currency == "CNY" {
        1_000_000_000_000
    } else {
        1_000_000_000_000_000_000
    }
}

/// The cost of one unit of input.
pub(crate) fn rate(currency: &str) -> i128 {
    // 0.37 for a million, and 0.3 for one.
    if currency == "CNY" {
        370_000_000_000
    } else {
        300_000_000_000_000_000
    }
}

/// A change that is about to happen.
#[derive(Default)]
struct Move {
    asked: i128,
    amount: i128,
    hold: i128,
    rest: Option<i128>,
    record: Option<Record>,
    new: Option<Rec>,
    changed: Option<Rec>,
}

impl Model {
    fn find(&self, op: &Op, record: Record) -> Result<&Rec, &'static str> {
        let found = self
            .records
            .get(record)
            .filter(|one| one.customer == op.customer);
        let found = found.ok_or("record_not_found")?;
        if found.currency == op.currency {
            Ok(found)
        } else {
            Err("currency_mismatch")
        }
    }

    pub(crate) fn play(&mut self, op: &Op) -> Seen {
        match op.what {
            What::Advance(seconds) => {
                self.now += seconds;
                return Seen::Nothing;
            }
            What::Sweep => return self.sweep(),
            _ => {}
        }
        let fields = fields(op);
        let key = match op.what {
            What::Reverse(seq) => format!("~reverse:{}:{seq}", op.currency),
            _ => op.key.clone(),
        };
        if let Some((stored, row)) = self.memos.get(&(op.customer, key.clone())) {
            let places = stored.keys().chain(fields.keys());
            let differs = places
                .filter(|place| stored.get(place) != fields.get(place))
                .min();
            return match differs {
                Some(place) => {
                    let of = stored.get(place).or(fields.get(place)).unwrap();
                    Seen::Conflict(of.0.clone())
                }
                None => Seen::Receipt(Row {
                    replayed: true,
                    ..row.clone()
                }),
            };
        }
        if let What::Reverse(seq) = op.what {
            let account = self.accounts.get(&(op.customer, op.currency));
            let place = usize::try_from(seq - 1).unwrap();
            match account.and_then(|account| account.journal.get(place)) {
                None => return Seen::NotFound,
                Some((kind, row)) => {
                    let reversible = ["top_up", "adjust", "refund"].contains(kind);
                    if !reversible || row.outcome != "done" {
                        return Seen::NotReversible;
                    }
                }
            }
        }
        let row = self.write(op);
        self.memos.insert((op.customer, key), (fields, row.clone()));
        Seen::Receipt(row)
    }

    fn sweep(&mut self) -> Seen {
        let due = |one: &Rec| one.state == "pending" && one.expires <= self.now;
        let due: Vec<Record> = (0..self.records.len())
            .filter(|at| due(&self.records[*at]))
            .collect();
        for &record in &due {
            let one = &self.records[record];
            let op = Op {
                customer: one.customer,
                key: format!("~expire:{record}"),
                currency: one.currency,
                what: What::Void(record),
            };
            self.write(&op);
            self.records[record].state = "expired".to_owned();
        }
        Seen::Swept(due.len())
    }

    /// Writes the entry, done or refused.
    fn write(&mut self, op: &Op) -> Row {
        let now = self.now;
        let account = self
            .accounts
            .entry((op.customer, op.currency))
            .or_insert_with(|| Acct {
                limit: Some(0),
                time: now,
                ..Acct::default()
            });
        account.time = account.time.max(now);
        let time = account.time;
        let decided = View::of(self, op, time).decide();
        let account = self.accounts.get_mut(&(op.customer, op.currency)).unwrap();
        let most = TRILLION - unit(op.currency);
        let decided = decided.and_then(|change| {
            let fits = (account.balance + change.amount).abs() <= most
                && account.reserved + change.hold <= most;
            if fits {
                Ok(change)
            } else {
                Err(("out_of_range", change.asked))
            }
        });
        let creates = matches!(op.what, What::Authorize { .. } | What::Charge { .. });
        let (outcome, change) = match decided {
            Ok(change) => ("done", change),
            Err((code, asked)) => {
                let failed = Rec {
                    customer: op.customer,
                    currency: op.currency,
                    state: code.to_owned(),
                    held: 0,
                    amount: 0,
                    shortfall: 0,
                    adjusted: 0,
                    refunded: 0,
                    expires: 0,
                };
                let named = named(&op.what).filter(|record| {
                    self.records.get(*record).is_some_and(|one| {
                        one.customer == op.customer && one.currency == op.currency
                    })
                });
                (
                    code,
                    Move {
                        asked,
                        record: named,
                        new: creates.then_some(failed),
                        ..Move::default()
                    },
                )
            }
        };
        let mut record = change.record;
        if let Some(new) = change.new {
            record = Some(self.records.len());
            self.records.push(new);
        }
        if let (Some(at), Some(changed)) = (record, change.changed) {
            self.records[at] = changed;
        }
        account.balance += change.amount;
        account.reserved += change.hold;
        account.rest = change.rest.unwrap_or(account.rest);
        match op.what {
            What::Limit(limit) => {
                account.limit = limit;
            }
            What::Status(status) => account.frozen = status == "frozen",
            _ => {}
        }
        let room = account
            .limit
            .map(|limit| account.balance + limit - account.reserved);
        let row = Row {
            seq: i64::try_from(account.journal.len()).unwrap() + 1,
            outcome: outcome.to_owned(),
            record,
            asked: change.asked,
            amount: change.amount,
            balance: account.balance,
            reserved: account.reserved,
            available: room.map_or(most, |room| room.clamp(-most, most)),
            time,
            replayed: false,
        };
        account.journal.push((name(&op.what), row.clone()));
        row
    }

    /// The residual of an account.
    pub(crate) fn rest(&self, customer: &str, currency: &str) -> Option<i128> {
        let mut accounts = self.accounts.iter();
        let found = accounts.find(|(name, _)| **name == (customer, currency));
        found.map(|(_, account)| account.rest)
    }
}

fn named(what: &What) -> Option<Record> {
    match what {
        What::Settle { record, .. }
        | What::Void(record)
        | What::Refund(record, _)
        | What::Rerate(record, ..) => Some(*record),
        _ => None,
    }
}

/// The name of an operation.
pub(crate) fn name(what: &What) -> &'static str {
    match what {
        What::TopUp(_) => "top_up",
        What::Authorize { .. } => "authorize",
        What::Settle { .. } => "settle",
        What::Void(_) => "void",
        What::Charge { .. } => "charge",
        What::Refund(..) => "refund",
        What::Adjust(..) => "adjust",
        What::Rerate(..) => "rerate",
        What::Reverse(_) => "reverse",
        What::Limit(_) => "limit",
        What::Status(_) => "status",
        What::Advance(_) | What::Sweep => "none",
    }
}
