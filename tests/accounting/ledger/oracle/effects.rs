//! What each operation does.

use super::{Acct, Asks, Model, Move, Op, Rec, Record, TRILLION, What, rate, unit};

/// What is done, or the code of a refusal and what was asked.
type Decided = Result<Move, (&'static str, i128)>;

/// What an operation is decided from.
pub(super) struct View<'a> {
    model: &'a Model,
    account: &'a Acct,
    op: &'a Op,
    time: i64,
    /// What can be taken.
    free: i128,
}

fn pending(op: &Op, held: i128) -> Rec {
    Rec {
        customer: op.customer,
        currency: op.currency,
        state: "pending".to_owned(),
        held,
        amount: 0,
        shortfall: 0,
        adjusted: 0,
        refunded: 0,
        expires: 0,
    }
}

fn ended(state: &str) -> &'static str {
    match state {
        "accounted" => "already_settled",
        "voided" => "hold_voided",
        "expired" => "hold_expired",
        _ => "hold_refused",
    }
}

impl<'a> View<'a> {
    pub(super) fn of(model: &'a Model, op: &'a Op, time: i64) -> Self {
        let account = &model.accounts[&(op.customer, op.currency)];
        let room = account
            .limit
            .map(|limit| account.balance + limit - account.reserved);
        Self {
            model,
            account,
            op,
            time,
            free: room.map_or(TRILLION * 4, |room| room.max(0)),
        }
    }

    pub(super) fn decide(&self) -> Decided {
        match self.op.what {
            What::Authorize { max, ttl } => self.authorize(max, ttl),
            What::Settle {
                record,
                due,
                overrun,
                late,
                priced,
            } => self.settle(record, due, (overrun, late), priced),
            What::Void(record) => self.void(record),
            What::Charge { due, overrun } => self.charge(due, overrun),
            What::Refund(record, part) => self.refund(record, part),
            What::Adjust(amount, debt) if -amount > self.free && !debt => {
                Err(("insufficient_funds", amount))
            }
            What::TopUp(amount) | What::Adjust(amount, _) => Ok(self.adds(amount)),
            What::Rerate(record, delta, debt) => self.rerate(record, delta, debt),
            What::Reverse(seq) => Ok(self.reverse(seq)),
            What::Limit(_) | What::Status(_) => Ok(Move::default()),
            What::Advance(_) | What::Sweep => unreachable!(),
        }
    }

    /// What a cost asks for, and the next residual.
    fn carry(&self, cost: i128) -> (i128, Option<i128>) {
        let sum = self.account.rest + cost;
        let rest = sum.rem_euclid(unit(self.op.currency));
        (sum - rest, Some(rest))
    }

    fn adds(&self, amount: i128) -> Move {
        Move {
            asked: amount,
            amount,
            rest: Some(self.account.rest),
            ..Move::default()
        }
    }

    fn authorize(&self, max: i128, ttl: i64) -> Decided {
        if self.account.frozen {
            return Err(("account_frozen", max));
        }
        if max > self.free {
            return Err(("insufficient_funds", max));
        }
        let mut new = pending(self.op, max);
        new.expires = self.time + ttl;
        Ok(Move {
            asked: max,
            hold: max,
            new: Some(new),
            ..Move::default()
        })
    }

    fn settle(
        &self,
        record: Record,
        due: Asks,
        (overrun, late): (&str, &str),
        priced: bool,
    ) -> Decided {
        let stated = match due {
            Asks::Amount(amount) => amount,
            Asks::Usage(..) => 0,
        };
        let one = self.model.find(self.op, record);
        let one = one.map_err(|code| (code, stated))?;
        let is_late = one.state == "expired" && late == "charge";
        if one.state != "pending" && !is_late {
            return Err((ended(&one.state), stated));
        }
        let (asked, rest) = match due {
            Asks::Amount(amount) => (amount, None),
            Asks::Usage(..) if !priced => return Err(("no_price", 0)),
            Asks::Usage(_, output) if output > 0 => return Err(("no_rate", 0)),
            Asks::Usage(input, _) => self.carry(input * rate(self.op.currency)),
        };
        let ceiling = match (overrun, is_late) {
            ("refuse", false) if asked > one.held => return Err(("exceeds_hold", asked)),
            ("refuse", true) if asked > self.free => return Err(("insufficient_funds", asked)),
            ("refuse", _) => asked,
            ("hold", true) => one.held.min(self.free),
            ("hold", false) => one.held,
            (_, true) => self.free,
            (_, false) => one.held + self.free,
        };
        let charged = asked.min(ceiling);
        let mut changed = one.clone();
        changed.state = "accounted".to_owned();
        changed.amount = charged;
        changed.shortfall = asked - charged;
        Ok(Move {
            asked,
            amount: -charged,
            hold: if is_late { 0 } else { -one.held },
            rest,
            record: Some(record),
            changed: Some(changed),
            ..Move::default()
        })
    }

    fn void(&self, record: Record) -> Decided {
        let one = self.model.find(self.op, record);
        let one = one.map_err(|code| (code, 0))?;
        if one.state != "pending" {
            return Err((ended(&one.state), 0));
        }
        let mut changed = one.clone();
        changed.state = "voided".to_owned();
        Ok(Move {
            hold: -one.held,
            record: Some(record),
            changed: Some(changed),
            ..Move::default()
        })
    }

    fn charge(&self, due: Asks, overrun: &str) -> Decided {
        let (asked, rest) = match due {
            Asks::Amount(amount) => (amount, None),
            Asks::Usage(input, _) => self.carry(input * rate(self.op.currency)),
        };
        if self.account.frozen {
            return Err(("account_frozen", asked));
        }
        if overrun == "refuse" && asked > self.free {
            return Err(("insufficient_funds", asked));
        }
        let charged = asked.min(self.free);
        let mut new = pending(self.op, 0);
        new.state = "accounted".to_owned();
        new.amount = charged;
        new.shortfall = asked - charged;
        Ok(Move {
            asked,
            amount: -charged,
            rest,
            new: Some(new),
            ..Move::default()
        })
    }

    fn refund(&self, record: Record, part: Option<i128>) -> Decided {
        let stated = part.unwrap_or(0);
        let one = self.model.find(self.op, record);
        let one = one.map_err(|code| (code, stated))?;
        if one.state != "accounted" {
            return Err(("not_settled", stated));
        }
        let left = one.amount + one.adjusted - one.refunded;
        let amount = part.unwrap_or(left);
        if left == 0 || amount > left {
            return Err(("exceeds_settled", stated));
        }
        let mut changed = one.clone();
        changed.refunded += amount;
        Ok(Move {
            asked: amount,
            amount,
            record: Some(record),
            changed: Some(changed),
            ..Move::default()
        })
    }

    fn rerate(&self, record: Record, delta: i128, debt: bool) -> Decided {
        let one = self.model.find(self.op, record);
        let one = one.map_err(|code| (code, 0))?;
        if one.state != "accounted" {
            return Err(("not_settled", 0));
        }
        let (asked, rest) = self.carry(delta);
        let mut changed = one.clone();
        let mut due = asked;
        if due < 0 {
            let waived = changed.shortfall.min(-due);
            changed.shortfall -= waived;
            due += waived;
        }
        changed.adjusted += due;
        if changed.refunded > changed.amount + changed.adjusted {
            return Err(("exceeds_settled", asked));
        }
        if due > self.free && !debt {
            return Err(("insufficient_funds", asked));
        }
        Ok(Move {
            asked,
            amount: -due,
            rest,
            record: Some(record),
            changed: Some(changed),
            ..Move::default()
        })
    }

    fn reverse(&self, seq: i64) -> Move {
        let (kind, row) = &self.account.journal[usize::try_from(seq - 1).unwrap()];
        let mut change = Move {
            amount: -row.amount,
            ..Move::default()
        };
        if *kind == "refund" {
            let mut changed = self.model.records[row.record.unwrap()].clone();
            changed.refunded -= row.amount;
            change.record = row.record;
            change.changed = Some(changed);
        }
        change
    }
}
