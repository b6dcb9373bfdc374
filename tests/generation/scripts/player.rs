//! Plays a script on a store, and describes each outcome as a text. The texts are equal in all stores.

use std::fmt::Debug;
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use genledger::contract::{Entity, Query, Result, SessionExt, Store};
use genledger::generation::{
    Claim, Claimed, Edit, GenerationAttempt, GenerationResult, GenerationTaskFilter, Lease,
    NewProviderAccount, ProviderAccount, ProviderAccountFilter, Resolution, Site, Swept, Switch,
    TaskStateColumns as _,
};
use genledger::id::ProviderAccountId;
use genledger::outbox::OutboxEvent;
use genledger::paging::Paging;
use genledger::uuid::Uuid;

use super::operation::{Change, Decision, Operation, Pick, Target, Which};
use crate::leases::world::World;
use crate::sample::{Kind, noon, request};

/// The first word of an answer that is an error.
pub(super) const REFUSED: &str = "refused: ";

/// An id by its number.
const fn id(of: u128, number: usize) -> Uuid {
    Uuid::from_u128(0x0197_2b5c_eefa_7000_8000_0000_0000_0000 | of << 32 | number as u128)
}

const fn account(number: usize) -> ProviderAccountId {
    ProviderAccountId::new(id(1, number))
}

fn task<T: Kind>(number: usize) -> T::Id {
    id(2, number).into()
}

pub(super) struct Player<T: Kind> {
    world: World<T>,
    /// The leases that were seen, and the tokens of the claims.
    leases: Vec<Lease<T::Id>>,
    tokens: Vec<Uuid>,
    /// The attempts in the order in which they appeared.
    attempts: Vec<Uuid>,
}

impl<T: Kind> Player<T> {
    pub(super) async fn new(store: &Arc<dyn Store>) -> Self {
        Self {
            world: World::new(store).await,
            leases: Vec::new(),
            tokens: Vec::new(),
            attempts: Vec::new(),
        }
    }

    pub(super) const fn world(&self) -> &World<T> {
        &self.world
    }

    /// Gives the attempt of a task its name.
    fn see(&mut self, task: &T) {
        let attempt = task.state().attempt_id.map(Uuid::from);
        let is_new = attempt.filter(|id| !self.attempts.contains(id));
        self.attempts.extend(is_new);
    }

    /// The text of an answer.
    fn describe(&self, answer: &impl Debug) -> String {
        let mut text = format!("{answer:?}");
        for (number, attempt) in self.attempts.iter().enumerate() {
            text = text.replace(&attempt.to_string(), &format!("attempt {number}"));
        }
        to_the_second(&text)
    }

    fn refused(error: &genledger::Error) -> String {
        let violations = error.violations().iter();
        let rules: Vec<_> = violations.map(|one| (one.path(), one.rule())).collect();
        format!("{REFUSED}{:?} {rules:?}", error.kind())
    }

    fn outcome<R: Debug>(&self, outcome: Result<R>) -> String {
        match outcome {
            Ok(answer) => self.describe(&answer),
            Err(error) => Self::refused(&error),
        }
    }

    fn changed(&mut self, outcome: Result<T>) -> String {
        if let Ok(task) = &outcome {
            self.see(task);
        }
        self.outcome(outcome)
    }

    fn lease(&self, pick: Pick) -> Option<Lease<T::Id>> {
        let at = self.leases.len().checked_sub(1 + pick.back)?;
        let mut lease = self.leases[at].clone();
        lease.seq += pick.offset;
        Some(lease)
    }

    async fn newest(&self, filter: GenerationTaskFilter<T>) -> Option<T::Id> {
        let page = self.world.tasks.page(&filter, &Paging::first(1)).await;
        page.unwrap().items.first().map(T::id)
    }

    async fn edit(&self, change: Change) -> (T::Id, Edit) {
        let all = GenerationTaskFilter::new();
        let found = match change.task {
            Which::Number(number) => Some(task::<T>(number)),
            Which::OfLease(back) => {
                let at = self.leases.len().checked_sub(1 + back);
                at.map(|at| self.leases[at].task_id)
            }
            Which::Ready(ready) => self.newest(all.and(T::READY.eq(ready))).await,
            Which::Deleted => self.newest(all.deleted(true)).await,
        };
        let id = found.unwrap_or_else(|| task::<T>(0));
        let stored = self.world.tasks.find(id).await.unwrap();
        let version = stored.map_or(1, |task| task.version());
        let edit = Edit::of_version(version + change.offset);
        let edit = match change.by {
            Some(by) => edit.by(by),
            None => edit,
        };
        (id, edit)
    }

    /// Plays an operation, and returns the text of its answer.
    pub(super) async fn play(&mut self, operation: &Operation) -> String {
        match operation {
            Operation::Append(_) | Operation::Account(_) | Operation::Accounts => {
                self.play_account(operation).await
            }
            Operation::Claim { .. } => self.claim(operation).await,
            Operation::Start(pick)
            | Operation::Submitted(pick, _)
            | Operation::Heartbeat(pick, _)
            | Operation::Complete(pick, _)
            | Operation::Fail(pick, _)
            | Operation::Unknown(pick)
            | Operation::Release(pick)
            | Operation::SwitchLease(pick, _) => match self.lease(*pick) {
                Some(lease) => self.report(operation, &lease).await,
                None => format!("{REFUSED}no lease"),
            },
            Operation::Switch(change, _)
            | Operation::Resolve(change, _)
            | Operation::Cancel(change)
            | Operation::GiveUp(change)
            | Operation::Regenerate(change)
            | Operation::Delete(change)
            | Operation::Restore(change)
            | Operation::SetPriority(change, _) => {
                let (id, edit) = self.edit(*change).await;
                self.change(operation, id, &edit).await
            }
            _ => self.play_other(operation).await,
        }
    }

    async fn play_account(&self, operation: &Operation) -> String {
        let accounts = &self.world.accounts;
        match operation {
            Operation::Append(number) => {
                // The last two have the session of others.
                let session = format!("session-{}", number % 6);
                let site = [Site::Cn, Site::Hk, Site::Cn, Site::Us, Site::Jp][number % 5];
                let limit = i32::try_from(number % 3).unwrap() + 1;
                let new = NewProviderAccount::new("a@example.com", session)
                    .site_type(site)
                    .image_limit(limit)
                    .video_limit(limit)
                    .max_retry_count(limit);
                let row = new.into_account_with_id(account(*number), noon()).unwrap();
                self.outcome(accounts.append(&row).await)
            }
            Operation::Account(number) => self.outcome(accounts.get(account(*number)).await),
            _ => {
                let (all, first) = (ProviderAccountFilter::new(), Paging::first(100));
                let page = accounts.page(&all, &first).await;
                self.outcome(page.map(|listing| listing.items))
            }
        }
    }

    async fn claim(&mut self, operation: &Operation) -> String {
        let Operation::Claim {
            repeats,
            n,
            length,
            family,
            strategy,
        } = operation
        else {
            unreachable!("{operation:?} is not a claim");
        };
        let earlier = repeats.and_then(|back| self.tokens.len().checked_sub(1 + back));
        let token = match earlier {
            Some(at) => self.tokens[at],
            None => id(3, self.tokens.len()),
        };
        self.tokens.push(token);
        let mut claim = Claim::new("holder", token)
            .n(*n)
            .length(*length)
            .strategy(strategy.clone());
        claim.family = *family;
        let claimed = self.world.leases.claim(&claim).await;
        if let Ok(Claimed::Leased(tasks)) = &claimed {
            for one in tasks {
                self.see(&one.task);
                self.leases.push(one.lease.clone());
            }
        }
        match claimed {
            // Those of a repeated claim are in no order.
            Ok(Claimed::Leased(tasks)) => {
                let mut texts: Vec<_> = tasks.iter().map(|one| self.describe(one)).collect();
                texts.sort_unstable();
                if earlier.is_some() {
                    self.sort_last(tasks.len());
                }
                texts.join("\n")
            }
            other => self.outcome(other),
        }
    }

    /// Puts the leases that were seen last into an order that does not depend on the ids of attempts.
    fn sort_last(&mut self, count: usize) {
        let begin = self.leases.len() - count;
        self.leases[begin..].sort_unstable_by_key(|lease| {
            let id: Uuid = lease.task_id.into();
            id
        });
    }

    async fn report(&mut self, operation: &Operation, lease: &Lease<T::Id>) -> String {
        let leases = self.world.leases.clone();
        let changed = match operation {
            Operation::Start(_) => return self.outcome(leases.start(lease).await),
            Operation::Submitted(_, remote) => {
                return self.outcome(leases.submitted(lease, remote).await);
            }
            Operation::Heartbeat(_, length) => {
                return self.outcome(leases.heartbeat(lease, *length).await);
            }
            Operation::Complete(_, number) => leases.complete(lease, &result(*number)).await,
            Operation::Fail(_, failure) => leases.fail(lease, failure).await,
            Operation::Unknown(_) => leases.unknown(lease).await,
            Operation::SwitchLease(_, target) => leases.switch_lease(lease, &switch(*target)).await,
            _ => leases.release(lease).await,
        };
        self.changed(changed)
    }

    async fn change(&mut self, operation: &Operation, id: T::Id, edit: &Edit) -> String {
        let (leases, tasks) = (self.world.leases.clone(), self.world.tasks.clone());
        let changed = match operation {
            Operation::Switch(_, target) => leases.switch(id, edit, &switch(*target)).await,
            Operation::Resolve(_, decision) => {
                leases.resolve(id, edit, &resolution(*decision)).await
            }
            Operation::Cancel(_) => leases.cancel(id, edit).await,
            Operation::GiveUp(_) => leases.give_up(id, edit).await,
            Operation::Regenerate(_) => leases.regenerate(id, edit).await,
            Operation::Delete(_) => tasks.delete(id, edit).await,
            Operation::SetPriority(_, priority) => tasks.set_priority(id, edit, *priority).await,
            _ => tasks.restore(id, edit).await,
        };
        self.changed(changed)
    }

    async fn play_other(&mut self, operation: &Operation) -> String {
        let (leases, tasks) = (self.world.leases.clone(), self.world.tasks.clone());
        match operation {
            Operation::Submit {
                task,
                priority,
                site,
            } => {
                // The last two have the storyboards of others.
                let mut request = request(&format!("b-{}", task % 6)).priority(*priority);
                request.want_site = *site;
                let row = T::with_id(id(2, *task), request);
                self.outcome(tasks.submit(&row).await)
            }
            Operation::Sweep => {
                let swept = leases.sweep().await.unwrap();
                let Swept {
                    rescued,
                    released,
                    more,
                    errors,
                    ..
                } = swept;
                let errors: Vec<_> = errors.iter().map(Self::refused).collect();
                self.describe(&(rescued, released, more, errors))
            }
            Operation::Advance(seconds) => {
                self.world.advance(*seconds);
                String::new()
            }
            Operation::Get(number) => {
                let found = tasks.get(task::<T>(*number)).await;
                self.changed(found)
            }
            Operation::List(status, deleted) => {
                let mut filter = GenerationTaskFilter::new().deleted(*deleted);
                filter.status = *status;
                let streamed: Result<Vec<T>> = tasks.stream(&filter).try_collect().await;
                let page = tasks.page(&filter, &Paging::first(3)).await;
                let page = page.map(|listing| (listing.items, listing.next.is_some()));
                format!("{} {}", self.outcome(page), self.outcome(streamed))
            }
            Operation::Count(ready) => {
                let filter = GenerationTaskFilter::new().and(T::READY.eq(*ready));
                self.outcome(tasks.count(&filter, 5).await)
            }
            _ => self.outcome(leases.audit_slots().await),
        }
    }

    /// All rows, as texts.
    pub(super) async fn rows(&mut self) -> Vec<String> {
        let mut tasks = self.all::<T>().await;
        tasks.sort_unstable_by_key(|task| {
            let id: Uuid = task.id().into();
            id
        });
        let mut attempts = self.all::<GenerationAttempt>().await;
        attempts.sort_unstable_by_key(|attempt| (attempt.task_id, attempt.attempt_no));
        let mut accounts = self.all::<ProviderAccount>().await;
        accounts.sort_unstable_by_key(|account| account.id);
        let mut events = self.all::<OutboxEvent>().await;
        events.sort_unstable_by_key(|event| (event.aggregate_id.clone(), event.seq));
        let mut rows: Vec<String> = tasks.iter().map(|row| self.describe(row)).collect();
        rows.extend(attempts.iter().map(|row| self.describe(row)));
        rows.extend(accounts.iter().map(|row| self.describe(row)));
        rows.extend(events.iter().map(|row| self.describe(row)));
        rows
    }

    async fn all<E: Entity>(&self) -> Vec<E> {
        let query = Query::<E>::default().page_size(1_000);
        let page = self.world.store.session().page(&query).await.unwrap();
        assert_eq!(page.next, None);
        page.items
    }
}

fn result(number: Option<u64>) -> GenerationResult {
    match number {
        Some(1) => GenerationResult::urls(["https://a.example/1"]),
        Some(_) => GenerationResult::urls(["https://a.example/2"]).local_paths(["/media/2"]),
        None => GenerationResult::default(),
    }
}

fn resolution(decision: Decision) -> Resolution {
    match decision {
        Decision::Found(number) => Resolution::Found(format!("remote-{number}")),
        Decision::Completed(number) => Resolution::Completed(result(Some(number))),
        Decision::NotSent => Resolution::NotSent,
        Decision::GiveUp => Resolution::GiveUp,
        Decision::Invalid => Resolution::Found(String::new()),
    }
}

fn switch(target: Target) -> Switch {
    let mut switch = Switch::new();
    switch.avoid = target.avoid.map(account);
    switch.want_site = target.site;
    switch.other_family = target.other_family;
    switch
}

/// A text with its times to the second: without fractions, and without the last digits of milliseconds.
fn to_the_second(text: &str) -> String {
    let mut short = String::new();
    let mut rest = text;
    while let Some(begin) = rest.find(|char: char| char.is_ascii_digit()) {
        let digits = rest[begin..].bytes().take_while(u8::is_ascii_digit).count();
        let end = begin + digits;
        let is_fraction =
            digits == 3 && rest[..begin].ends_with('.') && rest[end..].starts_with('Z');
        let kept = match digits {
            13 => end - 3,
            _ if is_fraction => begin,
            _ => end,
        };
        short += &rest[..kept];
        rest = &rest[end..];
    }
    short + rest
}
