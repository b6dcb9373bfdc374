//! The slots and the fencing numbers of accounts.

use std::collections::HashMap;

use genledger::contract::ErrorKind;
use genledger::generation::ProviderAccount;
use genledger::id::{GenerationAttemptId, ImageTaskId, ProviderAccountId};

use super::call::{Answer, Call, Verb};
use super::model::GRACE;
use super::play::History;

/// An attempt that takes a slot.
#[derive(Debug)]
struct Taken {
    account: ProviderAccountId,
    account_seq: i64,
    /// When its claim began and ended; of several replies with it, the widest time.
    claim: (u64, u64),
    expires_at: i64,
    /// When the first call began that may have ended it.
    ends: u64,
}

/// Whether the accounts have given their slots as they must; if not, what is wrong.
pub(super) fn check(history: &History) -> Result<(), String> {
    let mut taken: HashMap<GenerationAttemptId, Taken> = HashMap::new();
    for call in &history.calls {
        let Answer::Leased(leased) = &call.answer else {
            continue;
        };
        let own = Taken {
            account: leased.account,
            account_seq: leased.account_seq,
            claim: (call.from, call.until),
            expires_at: leased.expires_at,
            ends: u64::MAX,
        };
        let found = taken.entry(leased.hold.attempt).or_insert(own);
        found.claim.0 = found.claim.0.min(call.from);
        found.claim.1 = found.claim.1.min(call.until);
        found.expires_at = found.expires_at.min(leased.expires_at);
    }
    let tasks: HashMap<_, _> = history.calls.iter().filter_map(of_task).collect();
    for (id, slot) in &mut taken {
        let ends = history.calls.iter().filter(|call| {
            let is_own = call.task.is_none() || call.task == tasks.get(id).copied();
            is_own && may_end(call, *id, slot)
        });
        slot.ends = ends.map(|call| call.from).min().unwrap_or(u64::MAX);
    }
    for account in &history.accounts {
        let own = taken.values().filter(|slot| slot.account == account.id);
        let mut own: Vec<&Taken> = own.collect();
        own.sort_unstable_by_key(|slot| slot.account_seq);
        check_account(account, &own)?;
        check_counters(history, account)?;
    }
    Ok(())
}

/// The task of an attempt.
fn of_task(call: &Call) -> Option<(GenerationAttemptId, ImageTaskId)> {
    match &call.answer {
        Answer::Leased(leased) => Some((leased.hold.attempt, call.task?)),
        _ => None,
    }
}

/// Whether a call may have released the slot of an attempt.
fn may_end(call: &Call, attempt: GenerationAttemptId, slot: &Taken) -> bool {
    match &call.verb {
        // Also a report of a lost lease, of an attempt that was given up.
        Verb::Complete(hold, _) | Verb::Fail(hold, _) | Verb::Release(hold) => {
            let stale = Answer::Refused(ErrorKind::StaleLease);
            let may_end = matches!(call.answer, Answer::Task(_)) || call.answer == stale;
            hold.attempt == attempt && may_end
        }
        Verb::Sweep => call.clock.1 >= slot.expires_at + GRACE,
        Verb::Resolve(..) | Verb::Cancel(_) | Verb::GiveUp(_) => {
            // Of an attempt before its claim, or after another one.
            call.until > slot.claim.0 && matches!(call.answer, Answer::Task(_))
        }
        _ => false,
    }
}

fn check_account(account: &ProviderAccount, slots: &[&Taken]) -> Result<(), String> {
    let numbers = slots.iter().map(|slot| slot.account_seq);
    if !numbers.eq(1..=account.usage.lease_seq) {
        return Err(format!(
            "fencing numbers of an account: {account:?} {slots:?}"
        ));
    }
    let mut latest: Option<&Taken> = None;
    for slot in slots.iter().copied() {
        if let Some(before) = latest
            && slot.claim.1 < before.claim.0
        {
            let text = "a claim got a number after a later claim";
            return Err(format!("{text}: {before:?} {slot:?}"));
        }
        if latest.is_none_or(|before| before.claim.0 < slot.claim.0) {
            latest = Some(slot);
        }
    }
    for slot in slots {
        let moment = slot.claim.1;
        let open = slots
            .iter()
            .filter(|other| other.claim.1 <= moment && moment < other.ends);
        let open: Vec<_> = open.collect();
        if open.len() > usize::try_from(account.image_limit).unwrap() {
            let limit = account.image_limit;
            return Err(format!("an account has {limit} slots: {open:?}"));
        }
    }
    Ok(())
}

/// The counters in the end are those of the attempts.
fn check_counters(history: &History, account: &ProviderAccount) -> Result<(), String> {
    let own = history
        .attempts
        .iter()
        .filter(|one| one.account_id == Some(account.id));
    let (mut open, mut results) = (0, 0);
    for attempt in own.filter(|attempt| attempt.claim_token.is_some()) {
        open += i32::from(attempt.ended_at.is_none());
        results += i32::from(attempt.outcome.is_some_and(|outcome| outcome.code() == 0));
    }
    let usage = &account.usage;
    if (usage.image_active, usage.image_count) == (open, results) {
        return Ok(());
    }
    Err(format!(
        "{open} open attempts and {results} results: {account:?}"
    ))
}
