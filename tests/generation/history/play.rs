//! Clients that call verbs at random, and the record of their calls.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use genledger::contract::{ErrorKind, Query, Result, SessionExt, Store};
use genledger::generation::{
    Claim, Claimed, Edit, Failure, FailureCode, GenerationAttempt, GenerationResult, ImageTask,
    Lease, ProviderAccount, Resolution, SplitMix64,
};
use genledger::id::ImageTaskId;
use genledger::uuid::Uuid;
use tokio::task::JoinSet;

use super::call::{Answer, Call, Change, Hold, LastState, Leased, Row, Verb};
use super::model::Model;
use crate::leases::world::World;
use crate::sample::Kind as _;

/// How much happens in a history.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    seed: u64,
    clients: usize,
    /// The calls of each client.
    calls: usize,
    tasks: usize,
}

impl Plan {
    pub(super) const fn new(seed: u64) -> Self {
        Self {
            seed,
            clients: 6,
            calls: 40,
            tasks: 5,
        }
    }
}

/// The slots of the accounts.
const SLOTS: [i32; 2] = [1, 2];

/// What was called, and what there was before and afterwards.
pub(super) struct History {
    pub(super) calls: Vec<Call>,
    /// The tasks as they were submitted.
    pub(super) tasks: Vec<(ImageTaskId, Model)>,
    /// The accounts and attempts in the end.
    pub(super) accounts: Vec<ProviderAccount>,
    pub(super) attempts: Vec<GenerationAttempt>,
}

/// What the clients share.
struct Shared {
    world: World<ImageTask>,
    tasks: Vec<ImageTaskId>,
    calls: Mutex<Vec<Call>>,
    ticks: AtomicU64,
    leases: Mutex<Vec<Lease<ImageTaskId>>>,
    /// The versions that were seen last.
    versions: Mutex<HashMap<Uuid, i64>>,
}

struct Client {
    number: usize,
    shared: Arc<Shared>,
    random: SplitMix64,
    own: Vec<Lease<ImageTaskId>>,
    token: Uuid,
}

/// Runs the clients of a plan on an empty store.
pub(super) async fn play(store: &Arc<dyn Store>, plan: Plan) -> History {
    let world: World<ImageTask> = World::new(store).await;
    for (number, limit) in SLOTS.iter().enumerate() {
        world.account(&format!("session-{number}"), *limit).await;
    }
    let tasks: Vec<ImageTask> = (0..plan.tasks)
        .map(|number| ImageTask::sample(&format!("b-{number}")))
        .collect();
    let mut models = Vec::new();
    for task in &tasks {
        assert!(world.tasks.submit(task).await.unwrap());
        models.push((task.id, Model::new(Row::of(task))));
    }
    let shared = Arc::new(Shared {
        world,
        tasks: tasks.iter().map(|task| task.id).collect(),
        calls: Mutex::default(),
        ticks: AtomicU64::new(0),
        leases: Mutex::default(),
        versions: Mutex::default(),
    });
    let mut clients = JoinSet::new();
    for number in 0..plan.clients {
        let seed = plan.seed * 1_000 + u64::try_from(number).unwrap();
        let client = Client {
            number,
            shared: Arc::clone(&shared),
            random: SplitMix64::new(seed),
            own: Vec::new(),
            token: Uuid::now_v7(),
        };
        clients.spawn(client.play(plan.calls));
    }
    clients.join_all().await;
    shared.end(models).await
}

impl Shared {
    fn tick(&self) -> (u64, i64) {
        let now = self.world.now().timestamp_millis();
        (self.ticks.fetch_add(1, Ordering::SeqCst), now)
    }

    /// Reads everything in the end.
    async fn end(&self, tasks: Vec<(ImageTaskId, Model)>) -> History {
        let session = self.world.store.session();
        let query = Query::<GenerationAttempt>::default().page_size(1_000);
        let attempts = session.page(&query).await.unwrap().items;
        let accounts = session.page(&Query::default()).await.unwrap().items;
        for id in &self.tasks {
            let (from, clock) = self.tick();
            let row = Row::of(&self.world.tasks.get(*id).await.unwrap());
            let own = attempts
                .iter()
                .filter(|attempt| attempt.task_id == Some(id.get()));
            let last = Answer::Attempts(own.map(LastState::of).collect());
            for (verb, answer) in [
                (Verb::Get, Answer::Task(Box::new(row))),
                (Verb::Attempts, last),
            ] {
                self.calls.lock().unwrap().push(Call {
                    client: usize::MAX,
                    task: Some(*id),
                    verb,
                    from,
                    until: self.tick().0,
                    clock: (clock, clock),
                    answer,
                });
            }
        }
        History {
            calls: std::mem::take(&mut self.calls.lock().unwrap()),
            tasks,
            accounts,
            attempts,
        }
    }
}

const fn hold(lease: &Lease<ImageTaskId>) -> Hold {
    Hold {
        attempt: lease.attempt_id,
        seq: lease.seq,
    }
}

/// What a claim has returned, for each task.
fn leased(claimed: Claimed<ImageTask>) -> Vec<(Lease<ImageTaskId>, Leased)> {
    let Claimed::Leased(tasks) = claimed else {
        return Vec::new();
    };
    let leased = tasks.into_iter().map(|one| {
        let leased = Leased {
            hold: hold(&one.lease),
            account: one.lease.account_id,
            account_seq: one.lease.account_seq,
            expires_at: one.lease.expires_at.timestamp_millis(),
            submit: one.submit_state,
            row: Row::of(&one.task),
        };
        (one.lease, leased)
    });
    leased.collect()
}

impl Client {
    async fn play(mut self, calls: usize) {
        for _ in 0..calls {
            match self.below(100) {
                0..22 => self.claim().await,
                22..66 => self.use_lease().await,
                66..82 => Box::pin(self.edit()).await,
                82..88 => Box::pin(self.sweep()).await,
                88..94 => self.get().await,
                _ => self.advance(),
            }
            // The others have a turn, and the threads of a server.
            tokio::task::yield_now().await;
        }
    }

    fn advance(&mut self) {
        let seconds = 1 + i64::try_from(self.below(5)).unwrap();
        self.shared.world.advance(seconds);
    }

    fn task(&mut self) -> ImageTaskId {
        let count = u64::try_from(self.shared.tasks.len()).unwrap();
        let at = usize::try_from(self.below(count)).unwrap();
        self.shared.tasks[at]
    }

    const fn below(&mut self, n: u64) -> u64 {
        self.random.next_u64() % n
    }

    /// Calls a verb, and records it. What another session was faster to do had no effect.
    async fn call<R>(
        &self,
        task: Option<ImageTaskId>,
        verb: Verb,
        outcome: impl Future<Output = Result<R>>,
        answer: impl FnOnce(R) -> Answer,
    ) {
        let (from, before) = self.shared.tick();
        let outcome = outcome.await;
        let (until, after) = self.shared.tick();
        let answer = match outcome {
            Ok(done) => answer(done),
            Err(error) if error.kind() == ErrorKind::SerializationFailure => return,
            Err(error) => Answer::Refused(error.kind()),
        };
        if let (Some(task), Answer::Task(row)) = (task, &answer) {
            self.saw(task, row.version);
        }
        self.shared.calls.lock().unwrap().push(Call {
            client: self.number,
            task,
            verb,
            from,
            until,
            clock: (before, after),
            answer,
        });
    }

    fn saw(&self, task: ImageTaskId, version: i64) {
        self.shared
            .versions
            .lock()
            .unwrap()
            .insert(task.get(), version);
    }

    async fn claim(&mut self) {
        let is_new = self.below(8) > 0;
        if is_new {
            self.token = Uuid::now_v7();
        }
        let length = Duration::from_secs(1 + self.below(5));
        let n = u32::try_from(1 + self.below(2)).unwrap();
        let claim = Claim::new(format!("client-{}", self.number), self.token)
            .n(n)
            .length(length);
        let (from, before) = self.shared.tick();
        let claimed = self.shared.world.leases.claim(&claim).await;
        let (until, after) = self.shared.tick();
        let call = Call {
            client: self.number,
            task: None,
            verb: Verb::Claim { token: self.token },
            from,
            until,
            clock: (before, after),
            answer: Answer::Done,
        };
        let claimed = match claimed {
            Ok(claimed) => claimed,
            Err(error) if error.kind() == ErrorKind::SerializationFailure => return,
            Err(error) => {
                let answer = Answer::Refused(error.kind());
                self.shared
                    .calls
                    .lock()
                    .unwrap()
                    .push(Call { answer, ..call });
                return;
            }
        };
        for (lease, leased) in leased(claimed) {
            let task = lease.task_id;
            self.saw(task, leased.row.version);
            self.own.push(lease.clone());
            self.shared.leases.lock().unwrap().push(lease);
            self.shared.calls.lock().unwrap().push(Call {
                task: Some(task),
                answer: Answer::Leased(Box::new(leased)),
                ..call.clone()
            });
        }
    }

    /// The last lease of this client mostly, an older one, or one of another client.
    fn lease(&mut self) -> Option<Lease<ImageTaskId>> {
        let (kind, drawn) = (self.below(10), self.random.next_u64());
        let any = |all: &[Lease<ImageTaskId>]| {
            let count = u64::try_from(all.len()).unwrap();
            let at = usize::try_from(drawn.checked_rem(count)?).unwrap();
            all.get(at).cloned()
        };
        match kind {
            0..5 => self.own.last().cloned(),
            5..7 => any(&self.own),
            _ => {
                let all = self.shared.leases.lock().unwrap();
                any(&all[all.len().saturating_sub(4)..])
            }
        }
    }

    async fn use_lease(&mut self) {
        let Some(lease) = self.lease() else {
            return;
        };
        let (hold, task) = (hold(&lease), Some(lease.task_id));
        let leases = self.shared.world.leases.clone();
        let row = |task: ImageTask| Answer::Task(Box::new(Row::of(&task)));
        let done = |()| Answer::Done;
        match self.below(20) {
            0..4 => {
                self.call(task, Verb::Start(hold), leases.start(&lease), done)
                    .await;
            }
            4..8 => {
                let remote = format!("remote-{}", self.below(2));
                let verb = Verb::Submitted(hold, remote.clone());
                self.call(task, verb, leases.submitted(&lease, &remote), done)
                    .await;
            }
            8..10 => {
                let length = Duration::from_secs(1 + self.below(5));
                let millis = i64::try_from(length.as_millis()).unwrap();
                let verb = Verb::Heartbeat(hold, millis);
                let beat = leases.heartbeat(&lease, length);
                let expires =
                    |lease: Lease<_>| Answer::Expires(lease.expires_at.timestamp_millis());
                self.call(task, verb, beat, expires).await;
            }
            10..14 => {
                let url = format!("https://a.example/{}", self.below(2));
                let result = GenerationResult::urls([url.as_str()]);
                let completed = leases.complete(&lease, &result);
                self.call(task, Verb::Complete(hold, url), completed, row)
                    .await;
            }
            14..17 => {
                let code = match self.below(4) {
                    0 => FailureCode::TIMEOUT,
                    1 => FailureCode::RATE_LIMIT,
                    2 => FailureCode::fail(2038),
                    _ => FailureCode::fail(1017),
                };
                let failure = Failure::new(code.clone());
                self.call(
                    task,
                    Verb::Fail(hold, code),
                    leases.fail(&lease, &failure),
                    row,
                )
                .await;
            }
            17 => {
                self.call(task, Verb::Unknown(hold), leases.unknown(&lease), row)
                    .await;
            }
            _ => {
                self.call(task, Verb::Release(hold), leases.release(&lease), row)
                    .await;
            }
        }
    }

    async fn edit(&mut self) {
        let id = self.task();
        let seen = self.shared.versions.lock().unwrap().get(&id.get()).copied();
        let outdated = i64::from(self.below(8) == 0);
        let change = Change {
            version: seen.unwrap_or(1) - outdated,
            by: format!("user-{}", self.below(2)),
        };
        let edit = Edit::of_version(change.version).by(&change.by);
        let World { leases, tasks, .. } = self.shared.world.clone();
        let row = |task: ImageTask| Answer::Task(Box::new(Row::of(&task)));
        let task = Some(id);
        match self.below(16) {
            0..2 => {
                Box::pin(self.call(task, Verb::Cancel(change), leases.cancel(id, &edit), row))
                    .await;
            }
            2 => {
                Box::pin(self.call(task, Verb::GiveUp(change), leases.give_up(id, &edit), row))
                    .await;
            }
            3..6 => {
                let verb = Verb::Regenerate(change);
                self.call(task, verb, leases.regenerate(id, &edit), row)
                    .await;
            }
            6 => {
                self.call(task, Verb::Delete(change), tasks.delete(id, &edit), row)
                    .await;
            }
            7..9 => {
                self.call(task, Verb::Restore(change), tasks.restore(id, &edit), row)
                    .await;
            }
            9..12 => {
                let priority = i32::try_from(self.below(3)).unwrap();
                let set = tasks.set_priority(id, &edit, priority);
                self.call(task, Verb::SetPriority(change, priority), set, row)
                    .await;
            }
            _ => {
                let url = format!("https://a.example/{}", self.below(2));
                let resolution = match self.below(4) {
                    0 => Resolution::Found(format!("remote-{}", self.below(2))),
                    1 => Resolution::Completed(GenerationResult::urls([url.as_str()])),
                    2 => Resolution::NotSent,
                    _ => Resolution::GiveUp,
                };
                let verb = Verb::Resolve(change, resolution.clone());
                let resolved = leases.resolve(id, &edit, &resolution);
                Box::pin(self.call(task, verb, resolved, row)).await;
            }
        }
    }

    async fn sweep(&self) {
        let leases = self.shared.world.leases.clone();
        let answer = |swept: genledger::generation::Swept| {
            let mut kinds = swept.errors.iter().map(genledger::Error::kind);
            kinds
                .find(|kind| *kind != ErrorKind::SerializationFailure)
                .map_or(Answer::Done, Answer::Refused)
        };
        Box::pin(self.call(None, Verb::Sweep, leases.sweep(), answer)).await;
    }

    async fn get(&mut self) {
        let id = self.task();
        let tasks = self.shared.world.tasks.clone();
        let row = |task: ImageTask| Answer::Task(Box::new(Row::of(&task)));
        self.call(Some(id), Verb::Get, tasks.get(id), row).await;
    }
}
