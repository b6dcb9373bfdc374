//! Eight processes with eight workers each share a pool of accounts on one database. One of them is stopped between two
//! verbs and one in the middle of anything (SIGSTOP), until their leases were swept, and continue then as if nothing
//! had happened; two are killed (SIGKILL) and replaced.
//!
//! Whenever the parent looks, no account has more open attempts than slots. In the end, see [`proof`]: every task has
//! ended, none was completed twice or by a lease that was lost, the accounts have counted each result once, and each
//! change of a status has its event once.
//!
//! `GENLEDGER_PROCESS_ROUNDS` repeats all of it on more tasks.

#![expect(clippy::future_not_send, reason = "the parent is on one thread")]

mod child;
mod process;
mod proof;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use genledger::chrono::Timelike as _;
use genledger::contract::{Query, SessionExt, Store};
use genledger::generation::{
    Edit, GenerationAttempt, GenerationLeases, GenerationTaskFilter, GenerationTasks, ImageTask,
    NewProviderAccount, ProviderAccounts, Resolution, TaskReady, TaskStateColumns as _,
};
use genledger::id::{GenerationAttemptId, GenerationIdGenerator};
use genledger::paging::Paging;
use genledger::time::{Clock as _, SystemClock};
use genledger_testkit::TestDatabase;
use tokio::time::sleep;

use crate::sample::{Kind as _, request};
use process::{Process, Report};
use proof::Looks;

const PROCESSES: usize = 8;

/// Tasks of a round.
const TASKS: usize = 150;

/// The slots of the accounts.
const SLOTS: [i32; 8] = [1, 1, 2, 2, 3, 3, 4, 5];

/// How long a process is stopped if its leases cannot be swept, since it holds a lock on their rows.
const LONGEST_STOP: Duration = Duration::from_millis(7_500);

/// When the parent gives up. It takes a dozen seconds on an idle machine, and 103 where it had a twentieth of one core.
const LIMIT: Duration = Duration::from_secs(180);

/// A database, and whether its statements lock rows.
struct Place {
    database: TestDatabase,
    locks: bool,
}

/// One test at a time: each has 64 workers.
static ALONE: Mutex<()> = Mutex::new(());

fn run(backend: &str, test: impl AsyncFnOnce(Place)) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    genledger_testkit::run_on_database(backend, async |database| {
        let locks = true;
        test(Place { database, locks }).await;
    });
}

fn run_unlocked(backend: &str, test: impl AsyncFnOnce(Place)) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    genledger_testkit::run_on_database(backend, async |database| {
        let locks = false;
        test(Place { database, locks }).await;
    });
}

/// A lease: the attempt and the fencing number.
type Held = (GenerationAttemptId, i64);

/// The parent of the processes.
struct Parent {
    place: Place,
    store: Arc<dyn Store>,
    tasks: GenerationTasks<ImageTask>,
    leases: GenerationLeases<ImageTask>,
    processes: Vec<Process>,
    /// How many were started.
    started: usize,
    /// How many times tasks were submitted.
    submitted: usize,
    /// What processes have reported that were killed.
    reports: Vec<Report>,
    looks: Looks,
    begun: Instant,
}

async fn processes_that_stop_and_die_lose_and_double_nothing(place: Place) {
    if place.database.url.starts_with("memory") {
        genledger_conformance::report_not_applicable(
            std::thread::current().name().unwrap_or("processes"),
            genledger_conformance::NotApplicable("processes cannot share a store in memory"),
        );
        return;
    }
    let rounds = std::env::var("GENLEDGER_PROCESS_ROUNDS");
    let rounds: usize = rounds.map_or(1, |rounds| rounds.parse().unwrap());
    let mut parent = Parent::begin(place).await;
    for _ in 0..rounds {
        parent.submit().await;
        parent.round().await;
    }
    parent.end().await;
}

impl Parent {
    async fn begin(place: Place) -> Self {
        let store = place.open().await;
        let sets = [genledger::schema::generation(), genledger::schema::outbox()];
        store.migrate(&sets).await.unwrap();
        // The daily reset, half an hour after midnight, must not be now.
        let is_afternoon = (12..20).contains(&SystemClock.now().hour());
        let zone = if is_afternoon { "UTC" } else { "Asia/Shanghai" };
        let (ids, accounts) = (
            GenerationIdGenerator::system(),
            ProviderAccounts::new(Arc::clone(&store)),
        );
        for (number, slots) in SLOTS.iter().enumerate() {
            let new = NewProviderAccount::new("a@example.com", format!("session-{number}"))
                .image_limit(*slots)
                .time_zone(zone);
            let account = new.into_account(&ids).unwrap();
            assert!(accounts.append(&account).await.unwrap());
        }
        let processes = (1..=PROCESSES).map(|number| Process::start(&place, number));
        Self {
            processes: processes.collect(),
            started: PROCESSES,
            submitted: 0,
            tasks: GenerationTasks::new(Arc::clone(&store)),
            leases: child::leases(Arc::clone(&store)),
            reports: Vec::new(),
            looks: Looks::default(),
            begun: Instant::now(),
            store,
            place,
        }
    }

    async fn submit(&mut self) {
        self.submitted += 1;
        let round = self.submitted;
        for number in 0..TASKS {
            let priority = i32::try_from(number % 3).unwrap();
            let task = request(&format!("b-{round}-{number}")).priority(priority);
            let task = ImageTask::with_request(task);
            assert!(self.tasks.submit(&task).await.unwrap());
        }
    }

    /// Stops two processes, kills two others, and waits until every task has ended.
    async fn round(&mut self) {
        let done = self.reports().len();
        self.watch(|parent| parent.reports().len() >= done + 10)
            .await;
        let stopped = self.stop_with_leases().await;
        // In the middle of a transaction, perhaps.
        self.processes[1].signal("STOP");
        let continued = self.processes[1].continue_after(LONGEST_STOP);
        let interrupted = self.held_by(1).await;
        for index in [2, 3] {
            self.started += 1;
            let next = Process::start(&self.place, self.started);
            let killed = std::mem::replace(&mut self.processes[index], next);
            self.reports.extend(killed.kill());
        }
        while self.still_held(&stopped).await > 0
            || self.still_held(&interrupted).await > 0 && !continued.is_finished()
        {
            self.step().await;
        }
        continued.abort();
        self.processes[1].signal("CONT");
        self.processes[0].signal("CONT");
        self.processes[0].say("go");
        // Each lease of the stopped process is used again, and is refused.
        let lost = |parent: &Self| {
            let reports = parent.processes[0].reports();
            let is_lost = |held: &&Held| {
                reports.iter().any(|report| {
                    matches!(report, Report::Lost { attempt, seq, .. } if (*attempt, *seq) == **held)
                })
            };
            stopped.iter().filter(is_lost).count()
        };
        self.watch(|parent| lost(parent) == stopped.len()).await;
        while !self.has_ended().await {
            self.step().await;
        }
    }

    /// Stops the first process between two verbs, at a moment when it has leases, and returns them.
    async fn stop_with_leases(&mut self) -> Vec<Held> {
        loop {
            self.processes[0].say("quiet");
            self.processes[0].wait_until_quiet().await;
            self.processes[0].signal("STOP");
            let held = self.held_by(0).await;
            if !held.is_empty() {
                return held;
            }
            self.processes[0].signal("CONT");
            self.processes[0].say("go");
            self.step().await;
            // On a busy machine the processes may be faster than their parent.
            if self.has_ended().await {
                self.submit().await;
            }
        }
    }

    /// The leases of a process.
    async fn held_by(&self, index: usize) -> Vec<Held> {
        let open = Query::matching(GenerationAttempt::EXPIRES_AT.is_not_null()).page_size(1_000);
        let open = self.store.session().page(&open).await.unwrap().items;
        let of_process = open.into_iter().filter(|attempt| {
            let (name, _) = attempt.holder.split_once('/').unwrap();
            attempt.outcome.is_none() && name == self.processes[index].name
        });
        of_process
            .map(|attempt| (attempt.id, attempt.seq))
            .collect()
    }

    /// How many of these leases were neither swept nor ended.
    async fn still_held(&self, leases: &[Held]) -> usize {
        let mut held = 0;
        for (attempt, seq) in leases {
            let row: GenerationAttempt = self.store.session().get(attempt).await.unwrap();
            held += usize::from(row.seq == *seq && row.outcome.is_none());
        }
        held
    }

    /// Sweeps, decides and looks until something is so.
    async fn watch(&mut self, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            self.step().await;
        }
    }

    /// What the parent does again and again.
    async fn step(&mut self) {
        assert!(self.begun.elapsed() < LIMIT, "the tasks do not end");
        // A process that is stopped may hold the lock of the whole database.
        if let Ok(swept) = self.leases.sweep().await {
            self.looks.swept += swept.rescued;
        }
        self.decide().await;
        for _ in 0..4 {
            self.looks.look(&self.store).await;
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Decides about tasks that may have been sent: the provider has every second one.
    async fn decide(&self) {
        let undecided = GenerationTaskFilter::new().and(ImageTask::READY.eq(TaskReady::Undecided));
        let found = self.tasks.page(&undecided, &Paging::first(100)).await;
        for task in found.unwrap().items {
            let edit = Edit::of_version(task.version).by("the parent");
            let resolution = if task.id.get().as_u128().is_multiple_of(2) {
                Resolution::Found(format!("found-{}", task.state.attempt_id.unwrap()))
            } else {
                Resolution::NotSent
            };
            // Its holder may have recorded the id of the provider meanwhile.
            let _decided = self.leases.resolve(task.id, &edit, &resolution).await;
        }
    }

    async fn has_ended(&self) -> bool {
        let tasks = proof::all::<ImageTask>(&self.store).await;
        let ended = |task: &ImageTask| task.state.generation_status.is_terminal();
        tasks.iter().all(ended)
    }

    /// What all processes have reported.
    fn reports(&self) -> Vec<Report> {
        let running = self.processes.iter().flat_map(Process::reports);
        self.reports.iter().cloned().chain(running).collect()
    }

    async fn end(mut self) {
        for process in std::mem::take(&mut self.processes) {
            self.reports.extend(process.kill());
        }
        proof::check(&self.store, &self.leases, &self.reports, &self.looks).await;
        self.store.close().await;
    }
}

impl Place {
    async fn open(&self) -> Arc<dyn Store> {
        open(&self.database.url, self.locks).await
    }
}

async fn open(url: &str, locks: bool) -> Arc<dyn Store> {
    if locks {
        genledger::connect(url).await.unwrap()
    } else {
        genledger_testkit::connect_unlocked(url).await
    }
}

/// The process of workers; without its variables, there is nothing to do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    child::run().await;
}

genledger_testkit::database_cases!(super::run; processes_that_stop_and_die_lose_and_double_nothing);
genledger_testkit::unlocked_cases!(super::run_unlocked; processes_that_stop_and_die_lose_and_double_nothing);
