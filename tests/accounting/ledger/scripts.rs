//! Random scripts of operations, compared with the model after each operation.
//!
//! `GENLEDGER_SCRIPTS` is the number of scripts, and `GENLEDGER_SEED` the first seed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use genledger::accounting::{
    AccountingRecord, BalanceStatus, Bucket, Cost, Currency, Late, Money, NewAdjustment,
    NewAuthorization, NewCharge, NewLimit, NewRefund, NewRerating, NewReversal, NewSettlement,
    NewStatus, NewTopUp, NewVoid, Overrun, PriceSheet, Quantities, RatePer, Receipt, RecordStatus,
    Refusal,
};
use genledger::contract::{ErrorKind, Result, Store};
use genledger::id::AccountingRecordId;
use genledger::rust_decimal::Decimal;

use super::oracle::{Asks, Model, Op, Row, Seen, What, name, unit};
use super::world::{World, points, sheet, start};
use crate::sample::{cny, key};

/// The operations of a script.
const LENGTH: usize = 120;

const SCRIPTS: u64 = 100;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

/// Numbers that follow from a seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        let place = self.below(u64::try_from(all.len()).unwrap());
        all[usize::try_from(place).unwrap()]
    }

    /// An amount of a few units, or around a whole one, or very large.
    fn amount(&mut self, u: i128) -> i128 {
        match self.below(40) {
            0 => 1_000_000_000_000_000_000_000_000_000_000 - u,
            1..=3 => 0,
            4..=12 => i128::from(self.below(5)) * u,
            _ => i128::from(self.below(9)) * 1_000_000_000_000_000_000,
        }
    }

    fn due(&mut self, u: i128) -> Asks {
        match self.below(3) {
            0 => Asks::Usage(i128::from(self.below(12)), 0),
            _ => Asks::Amount(self.amount(u)),
        }
    }
}

fn draw(random: &mut Random, before: &[Op], records: usize) -> Op {
    // A repetition, also of what is long past.
    if !before.is_empty() && random.one_in(8) {
        let place = random.below(u64::try_from(before.len()).unwrap());
        return before[usize::try_from(place).unwrap()].clone();
    }
    let customer = random.of(&["c1", "c1", "c2"]);
    let currency = random.of(&["CNY", "CNY", "POINTS"]);
    let u = unit(currency);
    // A key that was used for something else.
    let key = if random.one_in(12) {
        random.below(40)
    } else {
        random.next() % 1_000_000
    };
    let record = if records == 0 || random.one_in(15) {
        usize::MAX
    } else {
        usize::try_from(random.below(u64::try_from(records).unwrap())).unwrap()
    };
    let positive = |amount: i128| amount.max(u);
    let what = match random.below(33) {
        0..=3 => What::TopUp(positive(random.amount(u))),
        4..=8 => What::Authorize {
            max: random.amount(u),
            ttl: random.of(&[1, 10, 100]),
        },
        9..=13 => What::Settle {
            record,
            due: match random.due(u) {
                Asks::Usage(input, _) => Asks::Usage(input, i128::from(random.one_in(5))),
                amount @ Asks::Amount(_) => amount,
            },
            overrun: random.of(&["refuse", "hold", "available"]),
            late: random.of(&["refuse", "charge"]),
            priced: !random.one_in(4),
        },
        14 | 29 => What::Void(record),
        15..=18 => What::Charge {
            due: random.due(u),
            overrun: random.of(&["refuse", "refuse", "available"]),
        },
        19..=21 => What::Refund(
            record,
            random
                .of(&[true, true, false])
                .then(|| positive(random.amount(u))),
        ),
        22 => {
            let amount = positive(random.amount(u));
            What::Adjust(random.of(&[amount, -amount]), random.one_in(3))
        }
        23 => {
            let delta = i128::from(random.below(3_000_000)) * 1_000_000_000_003 + 1;
            What::Rerate(record, random.of(&[delta, -delta]), random.one_in(3))
        }
        24 => What::Reverse(i64::try_from(random.below(30)).unwrap() + 1),
        25 => What::Limit(
            (!random.one_in(4)).then(|| i128::from(random.below(20)) * 1_000_000_000_000_000_000),
        ),
        26 if random.one_in(3) => What::Status("frozen"),
        26 => What::Status("open"),
        // The clock also goes back.
        27 | 28 | 30 => What::Advance(random.of(&[1, 10, 40, 40, -5])),
        _ => What::Sweep,
    };
    Op {
        customer,
        key: key.to_string(),
        currency,
        what,
    }
}

/// A ledger, and the records in the order of their creation.
struct Player {
    world: World,
    records: Vec<AccountingRecordId>,
}

fn currency_of(code: &str) -> Currency {
    if code == "CNY" { cny() } else { points() }
}

fn price_of(code: &str) -> PriceSheet {
    if code == "CNY" {
        sheet(code, Bucket::Input, "0.37", RatePer::Million)
    } else {
        sheet(code, Bucket::Input, "0.3", RatePer::One)
    }
}

fn money(attos: i128, currency: &str) -> Money {
    let units = i64::try_from(attos / unit(currency)).unwrap();
    Money::from_units(units, currency_of(currency)).unwrap()
}

fn tokens(input: i128, output: i128) -> Quantities {
    let count = |quantity: i128| Decimal::from(i64::try_from(quantity).unwrap());
    let input = Quantities::new().with(Bucket::Input, count(input)).unwrap();
    input.with(Bucket::Output, count(output)).unwrap()
}

impl Player {
    fn record(&self, record: usize) -> AccountingRecordId {
        let known = self.records.get(record).cloned();
        known.unwrap_or_else(|| AccountingRecordId::new("none").unwrap())
    }

    async fn call(&self, op: &Op) -> Result<Receipt> {
        let ledger = &self.world.ledger;
        let key = key(&op.key);
        let currency = currency_of(op.currency);
        let money = |attos| money(attos, op.currency);
        let customer = op.customer;
        match op.what {
            What::TopUp(amount) => {
                let new = NewTopUp::new(customer, key, money(amount));
                ledger.top_up(&new).await
            }
            What::Authorize { max, ttl } => {
                let ttl = Duration::from_secs(u64::try_from(ttl).unwrap());
                let new = NewAuthorization::new(customer, key, money(max), ttl);
                ledger.authorize(&new).await
            }
            What::Settle {
                record,
                due,
                overrun,
                late,
                priced,
            } => {
                let record = self.record(record);
                let mut new = match due {
                    Asks::Amount(amount) => {
                        NewSettlement::of_amount(customer, key, record, money(amount))
                    }
                    Asks::Usage(input, output) => {
                        let used = tokens(input, output);
                        NewSettlement::of_usage(customer, key, record, currency, used)
                    }
                };
                new.overrun = overrun_of(overrun);
                new.late = if late == "charge" {
                    Late::Charge
                } else {
                    Late::Refuse
                };
                if priced {
                    new = new.price(price_of(op.currency));
                }
                ledger.settle(&new).await
            }
            What::Void(record) => {
                ledger
                    .void(&NewVoid::new(customer, key, self.record(record), currency))
                    .await
            }
            What::Charge { due, overrun } => {
                let new = match due {
                    Asks::Amount(amount) => NewCharge::of_amount(customer, key, money(amount)),
                    Asks::Usage(input, output) => {
                        let used = tokens(input, output);
                        NewCharge::of_usage(customer, key, currency, used, price_of(op.currency))
                    }
                };
                ledger.charge(&new.overrun(overrun_of(overrun))).await
            }
            What::Refund(record, part) => {
                let record = self.record(record);
                let new = match part {
                    Some(amount) => NewRefund::new(customer, key, record, money(amount)),
                    None => NewRefund::all(customer, key, record, currency),
                };
                ledger.refund(&new).await
            }
            What::Adjust(amount, debt) => {
                let new = NewAdjustment::new(customer, key, money(amount));
                ledger.adjust(&new.debt(debt)).await
            }
            What::Rerate(record, delta, debt) => {
                let delta = Cost::from_attos(delta).unwrap();
                let new = NewRerating::new(customer, key, self.record(record), currency, delta);
                ledger.rerate(&new.debt(debt)).await
            }
            What::Reverse(seq) => {
                ledger
                    .reverse(&NewReversal::new(customer, currency, seq))
                    .await
            }
            What::Limit(None) => {
                ledger
                    .set_limit(&NewLimit::unlimited(customer, key, currency))
                    .await
            }
            What::Limit(Some(limit)) => {
                ledger
                    .set_limit(&NewLimit::new(customer, key, money(limit)))
                    .await
            }
            What::Status(status) => {
                let status = BalanceStatus::from_str_code(status);
                ledger
                    .set_status(&NewStatus::new(customer, key, currency, status))
                    .await
            }
            What::Advance(_) | What::Sweep => unreachable!(),
        }
    }

    async fn play(&mut self, op: &Op) -> Seen {
        match op.what {
            What::Advance(seconds) => {
                self.world.clock.advance(TimeDelta::seconds(seconds));
                return Seen::Nothing;
            }
            What::Sweep => {
                let swept = self.world.ledger.sweep().await.unwrap();
                assert_eq!((swept.errors, swept.more), (vec![], false));
                return Seen::Swept(swept.expired.len());
            }
            _ => {}
        }
        let receipt = match self.call(op).await {
            Ok(receipt) => receipt,
            Err(error) => match (error.kind(), Refusal::of(&error)) {
                (ErrorKind::Refused, Some(refusal)) => refusal.receipt.clone(),
                (ErrorKind::UniqueViolation, _) => {
                    return Seen::Conflict(error.column().unwrap().to_owned());
                }
                (ErrorKind::NotFound, _) => return Seen::NotFound,
                (ErrorKind::Invalid, _) if error.code() == Some("not_reversible") => {
                    return Seen::NotReversible;
                }
                _ => panic!("{error:?}"),
            },
        };
        let attos = |amount: Money| i128::from(amount.units()) * unit(op.currency);
        let record = receipt.record_id.as_ref().map(|id| {
            let known = self.records.iter().position(|one| one == id);
            known.unwrap_or_else(|| {
                self.records.push(id.clone());
                self.records.len() - 1
            })
        });
        Seen::Receipt(Row {
            seq: receipt.seq,
            outcome: receipt.outcome.as_str().to_owned(),
            record,
            asked: attos(receipt.asked),
            amount: attos(receipt.amount),
            balance: attos(receipt.balance),
            reserved: attos(receipt.reserved),
            available: attos(receipt.available),
            time: (receipt.time - start()).num_seconds(),
            replayed: receipt.replayed,
        })
    }
}

fn overrun_of(name: &str) -> Overrun {
    match name {
        "hold" => Overrun::Hold,
        "available" => Overrun::Available,
        _ => Overrun::Refuse,
    }
}

/// The state of a record as the model names it, and its amounts in units of the currency.
fn of_row(row: &AccountingRecord) -> (String, [Decimal; 5]) {
    let state = &row.state;
    let name = match (&state.status, &state.failure_reason) {
        (RecordStatus::Failed, Some(reason)) => reason.as_str().to_owned(),
        (status, _) => status.as_str().to_owned(),
    };
    let amounts = [
        state.held,
        state.amount,
        state.shortfall,
        state.adjusted,
        state.refunded,
    ];
    (name, amounts)
}

/// Plays a script, and returns which outcomes of which operations were seen.
async fn play(store: &Arc<dyn Store>, seed: u64) -> BTreeSet<(&'static str, String)> {
    let mut outcomes = BTreeSet::new();
    let mut random = Random(seed);
    let mut model = Model::default();
    let mut player = Player {
        world: World::new(store).await,
        records: Vec::new(),
    };
    let mut ops: Vec<Op> = Vec::new();
    for number in 0..LENGTH {
        let op = draw(&mut random, &ops, player.records.len());
        let (expected, found) = (model.play(&op), player.play(&op).await);
        assert_eq!(
            found, expected,
            "GENLEDGER_SEED={seed}, {number}: {op:?} after {ops:#?}"
        );
        outcomes.extend(match found {
            Seen::Receipt(row) => Some((name(&op.what), row.outcome)),
            _ => None,
        });
        ops.push(op);
    }
    for row in player.world.accounts().await {
        let rest = model.rest(&row.customer_id, &row.currency).unwrap();
        assert_eq!(i128::from(row.residual), rest, "GENLEDGER_SEED={seed}");
    }
    for (id, expected) in player.records.iter().zip(&model.records) {
        let row = player.world.record(id).await;
        let amounts = [
            expected.held,
            expected.amount,
            expected.shortfall,
            expected.adjusted,
            expected.refunded,
        ];
        let amounts = amounts.map(|attos| money(attos, expected.currency).amount());
        assert_eq!(
            of_row(&row),
            (expected.state.clone(), amounts),
            "GENLEDGER_SEED={seed}"
        );
    }
    assert_eq!(player.world.records().await.len(), model.records.len());
    player.world.assert_consistent().await;
    outcomes
}

async fn a_script_agrees_with_the_model(store: &Arc<dyn Store>) {
    let first = setting("GENLEDGER_SEED", 1);
    play(store, first).await;
}

/// More of them, in memory: together they find every refusal.
#[tokio::test]
async fn scripts_agree_with_the_model() {
    let first = setting("GENLEDGER_SEED", 1);
    let mut outcomes = BTreeSet::new();
    for seed in first..first + setting("GENLEDGER_SCRIPTS", SCRIPTS) {
        let store = genledger::connect("memory:").await.unwrap();
        outcomes.extend(play(&store, seed).await);
    }
    let ended = "already_settled hold_expired hold_refused hold_voided";
    for (operation, expected) in [
        ("top_up", "done".to_owned()),
        (
            "authorize",
            "account_frozen insufficient_funds done".to_owned(),
        ),
        (
            "charge",
            "account_frozen insufficient_funds done".to_owned(),
        ),
        (
            "settle",
            format!("record_not_found currency_mismatch {ended}"),
        ),
        ("settle", "no_price no_rate exceeds_hold done".to_owned()),
        (
            "void",
            format!("record_not_found currency_mismatch {ended} done"),
        ),
        (
            "refund",
            "record_not_found currency_mismatch not_settled exceeds_settled done".to_owned(),
        ),
        (
            "rerate",
            "record_not_found currency_mismatch not_settled exceeds_settled".to_owned(),
        ),
        ("rerate", "insufficient_funds done".to_owned()),
        ("adjust", "insufficient_funds done".to_owned()),
        ("reverse", "done".to_owned()),
        ("limit", "done".to_owned()),
        ("status", "done".to_owned()),
    ] {
        for outcome in expected.split(' ') {
            let found = outcomes.contains(&(operation, outcome.to_owned()));
            assert!(found, "no script has found {operation} {outcome}");
        }
    }
}

genledger_testkit::store_cases!(a_script_agrees_with_the_model);
