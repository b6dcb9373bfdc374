//! The process of workers, and the provider that it simulates.

use std::sync::Arc;
use std::time::Duration;

use genledger::chrono::TimeDelta;
use genledger::contract::{ErrorKind, Result, Store};
use genledger::generation::{
    Claim, Claimed, CoolDown, CoolDowns, Failure, FailureCode, GenerationLeases, GenerationResult,
    ImageTask, Lease, LeasedTask, SplitMix64, SubmitState,
};
use genledger::id::ImageTaskId;
use genledger::uuid::Uuid;
use tokio::sync::{RwLock, mpsc};
use tokio::time::sleep;

/// The variables of a child; a process that has them is one.
pub(super) const DATABASE: &str = "GENLEDGER_TEST_WORKERS_DATABASE";
pub(super) const NAME: &str = "GENLEDGER_TEST_WORKERS_NAME";
pub(super) const LOCKS: &str = "GENLEDGER_TEST_WORKERS_LOCKS";

const WORKERS: usize = 8;

const LEASE: Duration = Duration::from_millis(1_500);

/// The leases of the test: accounts cool down for a second instead of 15.
pub(super) fn leases(store: Arc<dyn Store>) -> GenerationLeases<ImageTask> {
    let second = TimeDelta::seconds(1);
    let rate_limit = CoolDown {
        base: second,
        cap: second,
    };
    GenerationLeases::new(store).with_cool_downs(CoolDowns {
        rate_limit,
        ..CoolDowns::default()
    })
}

pub(super) async fn run() {
    let variables = [DATABASE, NAME, LOCKS].map(|name| std::env::var(name).ok());
    let [Some(url), Some(name), Some(locks)] = variables else {
        return;
    };
    let store = super::open(&url, locks == "true").await;
    let gate = Arc::new(RwLock::new(()));
    for number in 1..=WORKERS {
        let (high, low) = Uuid::now_v7().as_u64_pair();
        let worker = Worker {
            leases: leases(Arc::clone(&store)),
            gate: Arc::clone(&gate),
            holder: format!("{name}/{number}"),
            random: SplitMix64::new(high ^ low),
        };
        tokio::spawn(worker.work());
    }
    obey(&gate).await;
}

/// Stops all verbs when the parent says `quiet`, until it says something else; ends with the parent.
async fn obey(gate: &RwLock<()>) {
    let (sender, mut words) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(std::io::Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    while let Some(word) = words.recv().await {
        if word == "quiet" {
            let _closed = gate.write().await;
            println!("\nquiet .");
            words.recv().await;
        }
    }
}

struct Worker {
    leases: GenerationLeases<ImageTask>,
    /// A verb holds it for reading.
    gate: Arc<RwLock<()>>,
    holder: String,
    random: SplitMix64,
}

/// The outcome of a verb, which is repeated while it is not known or another session was faster.
macro_rules! settled {
    ($worker:expr, $verb:expr) => {
        loop {
            let open = $worker.gate.read().await;
            let outcome = $verb.await;
            drop(open);
            match outcome {
                Err(error) if is_temporary(error.kind()) => sleep(millis(20)).await,
                settled => break settled,
            }
        }
    };
}

const fn is_temporary(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::SerializationFailure
            | ErrorKind::Unavailable
            | ErrorKind::OutcomeUnknown
            | ErrorKind::Timeout
    )
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

impl Worker {
    async fn work(mut self) {
        let mut wait = 25;
        loop {
            let claim = Claim::new(&self.holder, Uuid::now_v7())
                .length(LEASE)
                .n(self.one_in(4).into());
            let claim = claim.clone().n(claim.n + 1);
            let claimed = settled!(self, self.leases.claim(&claim));
            match claimed {
                Ok(Claimed::Leased(tasks)) => {
                    wait = 25;
                    for leased in &tasks {
                        self.report(leased).await;
                    }
                }
                Ok(Claimed::Empty(_)) => {
                    sleep(millis(wait + self.random.next_u64() % wait)).await;
                    wait = 600.min(wait * 2);
                }
                Err(error) => println!("\nfailed claim: {error} ."),
            }
        }
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.random.next_u64().is_multiple_of(n)
    }

    async fn wait(&mut self, least: u64, more: u64) {
        sleep(millis(least + self.random.next_u64() % more)).await;
    }

    /// Works on a task, and reports how it ended.
    async fn report(&mut self, leased: &LeasedTask<ImageTask>) {
        let lease = &leased.lease;
        let (attempt, seq) = (lease.attempt_id, lease.seq);
        match self.generate(leased).await {
            Ok(true) => println!("\ndone {attempt} {seq}."),
            Ok(false) => {}
            Err((verb, error)) if error.kind() == ErrorKind::StaleLease => {
                println!("\nlost {verb} {attempt} {seq}.");
            }
            Err((verb, error)) => println!("\nfailed {verb}: {error} ."),
        }
    }

    /// Sends a task, polls it, and reports its end; whether it was completed.
    async fn generate(
        &mut self,
        leased: &LeasedTask<ImageTask>,
    ) -> Result<bool, (&'static str, genledger::Error)> {
        let (lease, again) = (&leased.lease, self.leases.clone());
        if leased.submit_state == SubmitState::NotSent {
            if self.one_in(20) {
                let released = settled!(self, again.release(lease));
                return named("release", released).map(|_| false);
            }
            named("start", settled!(self, again.start(lease)))?;
            self.wait(10, 40).await;
            if self.one_in(25) {
                let unknown = settled!(self, again.unknown(lease));
                return named("unknown", unknown).map(|_| false);
            }
            if self.one_in(25) {
                return self.fail(lease, FailureCode::RATE_LIMIT).await;
            }
            if self.one_in(30) {
                return self.fail(lease, FailureCode::fail(2038)).await;
            }
            let remote = format!("remote-{}", lease.attempt_id);
            let submitted = settled!(self, again.submitted(lease, &remote));
            named("submitted", submitted)?;
        }
        if self.one_in(20) {
            let released = settled!(self, again.release(lease));
            return named("release", released).map(|_| false);
        }
        self.wait(100, 300).await;
        if self.one_in(3) {
            let beat = settled!(self, again.heartbeat(lease, LEASE));
            named("heartbeat", beat)?;
            self.wait(50, 100).await;
        }
        if leased.task.state.retry_count == 0 && self.one_in(20) {
            return self.fail(lease, FailureCode::fail(1017)).await;
        }
        let result = result(lease);
        let completed = settled!(self, again.complete(lease, &result));
        named("complete", completed)?;
        if self.one_in(5) {
            // As after a reply that was lost.
            let repeated = settled!(self, again.complete(lease, &result));
            named("complete_again", repeated)?;
        }
        Ok(true)
    }

    async fn fail(
        &self,
        lease: &Lease<ImageTaskId>,
        code: FailureCode,
    ) -> Result<bool, (&'static str, genledger::Error)> {
        let failure = Failure::new(code);
        let failed = settled!(self, self.leases.fail(lease, &failure));
        named("fail", failed).map(|_| false)
    }
}

fn named<R>(verb: &'static str, outcome: Result<R>) -> Result<R, (&'static str, genledger::Error)> {
    outcome.map_err(|error| (verb, error))
}

/// A result that names the lease which has reported it.
fn result(lease: &Lease<ImageTaskId>) -> GenerationResult {
    GenerationResult::urls([url(lease.attempt_id, lease.seq).as_str()])
}

/// The URL of the result of a lease.
pub(super) fn url(attempt: genledger::id::GenerationAttemptId, seq: i64) -> String {
    format!("https://cdn.example/{attempt}/{seq}.png")
}
