//! Tasks that workers claim, start and complete: through the library, and with SQL written by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::future::try_join_all;
use genledger::generation::{
    AccountType, Claim, Claimed, Claimer, ClaimerConfig, GenerationLeases, GenerationResult,
    ImageTask, NewImageTask, NewProviderAccount, ProviderAccounts, TaskRequest,
};
use genledger::id::GenerationIdGenerator;
use genledger::{schema, uuid::Uuid};
use genledger_contract::{SessionExt, Store};
use peers::tasks::{Queue, apalis, mysql, postgres, sqlite};

use crate::args::{Args, CLAIMED, FINISHED, HALF, MOST};
use crate::database::Database;
use crate::measure::{Sample, sample, turns};
use crate::peer::genledger as library;
use crate::report;
use crate::target;

/// The accounts of the pool, each with enough slots for all workers.
const ACCOUNTS: usize = 50;
const SLOTS: i32 = 1_000;

/// The numbers of workers, of one process.
const WORKERS: [usize; 3] = [1, 8, 32];

/// The sizes of claims.
const SIZES: [u32; 3] = [1, 10, 100];

/// The sizes of the backlog, and the claims of one task that are measured with each.
const BACKLOGS: [usize; 3] = [100, 10_000, 1_000_000];
const CLAIMS: usize = 50;

/// One way to finish all tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Workers that share a claimer.
    Claimer,
    /// Workers that claim by themselves.
    Claims(u32),
    /// SQL written by hand.
    ByHand(u32),
    /// Only claims, without accounts, attempts and events.
    Bare,
    /// Jobs of apalis, without accounts, attempts and events.
    Apalis,
}

impl Way {
    fn name(self, workers: usize) -> String {
        match self {
            Self::Claimer => format!("genledger Claimer × {workers}"),
            Self::Claims(n) => format!("genledger, claims of {n} × {workers}"),
            Self::ByHand(n) => format!("by hand, claims of {n} × {workers}"),
            Self::Bare => format!("SKIP LOCKED alone × {workers}"),
            Self::Apalis => format!("apalis × {workers}"),
        }
    }
}

/// Runs it on every selected database.
pub(crate) async fn run(args: &Args) -> Result<()> {
    for database in &args.only {
        let target = target::open(*database, &args.folder).await?;
        let header = report::header(args, *database, &*target).await?;
        eprintln!("{}, claim", database.title());
        let queue = Tables::create(*database, target.url()).await?;
        let mut samples = Vec::new();
        for round in 0..args.rounds {
            for (way, workers) in turns(&contenders(*database), round) {
                let name = way.name(*workers);
                if args.takes_part(&name) {
                    samples.extend(queue.finish(args, *way, *workers, &name, round).await?);
                }
            }
        }
        if args.contender.is_none() {
            for round in 0..args.rounds.min(3) {
                for backlog in BACKLOGS {
                    samples.push(queue.claim_from(backlog, round).await?);
                }
            }
        }
        queue.store.close().await;
        target.remove().await?;
        report::keep(args, header, samples)?;
    }
    Ok(())
}

/// The first is the baseline.
fn contenders(database: Database) -> Vec<(Way, usize)> {
    let mut all = vec![(Way::ByHand(1), 1)];
    for workers in WORKERS {
        all.push((Way::Claimer, workers));
        all.extend(SIZES.map(|n| (Way::Claims(n), workers)));
        all.extend(SIZES.map(|n| (Way::ByHand(n), workers)));
        if database == Database::Postgres {
            all.push((Way::Bare, workers));
        }
        if matches!(database, Database::Postgres | Database::Sqlite) {
            all.push((Way::Apalis, workers));
        }
    }
    all.dedup();
    let first = all[0];
    let mut seen = false;
    all.retain(|one| *one != first || !std::mem::replace(&mut seen, true));
    all
}

/// The tables, and connections to them.
struct Tables {
    database: Database,
    url: String,
    store: Arc<dyn Store>,
}

impl Tables {
    async fn create(database: Database, url: &str) -> Result<Self> {
        let store = library::connect(database, url).await?;
        store
            .migrate(&[schema::generation(), schema::outbox()])
            .await?;
        let accounts = ProviderAccounts::new(Arc::clone(&store));
        let ids = GenerationIdGenerator::system();
        for index in 0..ACCOUNTS {
            let new = NewProviderAccount::new("a@example.com", format!("session-{index}"));
            let mut account = new.into_account(&ids)?;
            account.image_limit = SLOTS;
            accounts.append(&account).await?;
        }
        // Does the daily resets.
        let leases = GenerationLeases::<ImageTask>::new(Arc::clone(&store));
        leases.claim(&Claim::new("h", Uuid::now_v7())).await?;
        let url = url.to_owned();
        Ok(Self {
            database,
            url,
            store,
        })
    }

    /// Empties the tables, and submits this many tasks.
    async fn fill(&self, tasks: usize) -> Result<()> {
        match self.database {
            Database::Postgres => {
                postgres::Postgres::open(&self.url, 1)
                    .await?
                    .clear()
                    .await?
            }
            Database::Mariadb | Database::Mysql => {
                mysql::MySql::open(&self.url, 1).await?.clear().await?;
            }
            Database::Sqlite => sqlite::Sqlite::open(&self.url)?.clear().await?,
        }
        let ids = GenerationIdGenerator::system();
        let task = |index: usize| {
            let board = format!("board-{index}");
            let prompt = "a cat on a boat, in the evening, with a lamp and a book on its knees";
            let request = TaskRequest::new("project-1", "The sea", board, "work-3", prompt);
            NewImageTask::new(request).into_task(&ids)
        };
        let all: Vec<usize> = (0..tasks).collect();
        for chunk in all.chunks(5_000) {
            let tasks: Vec<ImageTask> = chunk.iter().map(|n| task(*n)).collect::<Result<_, _>>()?;
            self.store.session().insert_many(&tasks).await?;
        }
        Ok(())
    }

    /// Finishes all tasks.
    async fn finish(
        &self,
        args: &Args,
        way: Way,
        workers: usize,
        name: &str,
        round: usize,
    ) -> Result<Vec<Sample>> {
        // Slow ways finish fewer.
        let tasks = match (way, workers) {
            (Way::Claimer, 32) | (Way::Claims(100) | Way::ByHand(100), _) => args.rows,
            (_, 1) => args.rows / 10,
            _ => args.rows / 4,
        };
        if way == Way::Apalis {
            let took = match self.database {
                Database::Sqlite => {
                    apalis::sqlite(
                        &format!("{}.apalis", self.url.trim_start_matches("sqlite:")),
                        workers,
                        tasks,
                    )
                    .await?
                }
                _ => apalis::postgres(&self.url, workers, tasks).await?,
            };
            return Ok(vec![self.sample(
                way,
                name,
                round,
                tasks,
                took.as_secs_f64(),
            )]);
        }
        self.fill(tasks).await?;
        let work: Work = match way {
            Way::Claimer => self.claimer(tasks)?,
            Way::Claims(n) => self.claims(n),
            Way::ByHand(n) => {
                let n = usize::try_from(n)?;
                match self.database {
                    Database::Postgres => {
                        hand(postgres::Postgres::open(&self.url, workers).await?, n)
                    }
                    Database::Mariadb | Database::Mysql => {
                        hand(mysql::MySql::open(&self.url, workers).await?, n)
                    }
                    Database::Sqlite => hand(sqlite::Sqlite::open(&self.url)?, n),
                }
            }
            Way::Bare => {
                let queue = Arc::new(postgres::Postgres::open(&self.url, workers).await?);
                Arc::new(move || {
                    let queue = Arc::clone(&queue);
                    Box::pin(async move { queue.bare().await })
                })
            }
            Way::Apalis => unreachable!("runs its own workers"),
        };
        let begun = Instant::now();
        let (done, mut times) = all(workers, &work).await?;
        let seconds = begun.elapsed().as_secs_f64();
        ensure!(done == tasks, "{name}: {done} of {tasks} tasks");
        let mut samples = vec![self.sample(way, name, round, tasks, seconds)];
        if matches!(way, Way::Claimer | Way::Claims(1) | Way::ByHand(1)) {
            times.sort_unstable();
            for (group, hundredth) in [(HALF, 50), (MOST, 99)] {
                let time = times[(times.len() - 1) * hundredth / 100];
                samples.push(sample(group, name, round, 1, time.as_secs_f64()));
            }
        }
        Ok(samples)
    }

    fn sample(&self, way: Way, name: &str, round: usize, tasks: usize, seconds: f64) -> Sample {
        eprintln!(
            "{}, round {} {name}: {:.0} tasks/s",
            self.database.title(),
            round + 1,
            tasks as f64 / seconds
        );
        sample(group(way), name, round, tasks, seconds)
    }

    /// Workers that ask a claimer until every task was handed out.
    fn claimer(&self, tasks: usize) -> Result<Work> {
        let leases = GenerationLeases::<ImageTask>::new(Arc::clone(&self.store));
        let config = ClaimerConfig::new("h").family(AccountType::Domestic);
        let claimer = Claimer::new(leases, config)?;
        let left = Arc::new(AtomicUsize::new(tasks));
        Ok(Arc::new(move || {
            let (claimer, left) = (claimer.clone(), Arc::clone(&left));
            Box::pin(async move {
                let taken = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                });
                if taken.is_err() {
                    return Ok(0);
                }
                let Some(leased) = claimer.next().await? else {
                    return Ok(0);
                };
                claimer.start(&leased.lease).await?;
                claimer.complete(&leased.lease, &result()).await?;
                Ok(1)
            })
        }))
    }

    /// Workers that claim by themselves.
    fn claims(&self, n: u32) -> Work {
        let leases = GenerationLeases::<ImageTask>::new(Arc::clone(&self.store));
        Arc::new(move || {
            let leases = leases.clone();
            Box::pin(async move {
                let claim = Claim::new("h", Uuid::now_v7())
                    .n(n)
                    .family(AccountType::Domestic);
                let leased = loop {
                    match leases.claim(&claim).await {
                        Ok(Claimed::Leased(leased)) => break leased,
                        Ok(Claimed::Empty(genledger::generation::Empty::Contended)) => {}
                        Ok(Claimed::Empty(_)) => break Vec::new(),
                        Err(error) if error.is_retryable() => {}
                        Err(error) => return Err(error.into()),
                    }
                };
                for one in &leased {
                    leases.start(&one.lease).await?;
                    leases.complete(&one.lease, &result()).await?;
                }
                Ok(leased.len())
            })
        })
    }

    /// Claims of one task from a backlog.
    async fn claim_from(&self, backlog: usize, round: usize) -> Result<Sample> {
        self.fill(backlog).await?;
        if self.database == Database::Postgres {
            // As autovacuum does it after a while.
            postgres::Postgres::open(&self.url, 1)
                .await?
                .analyze()
                .await?;
        }
        let leases = GenerationLeases::<ImageTask>::new(Arc::clone(&self.store));
        let mut times = Vec::new();
        for _ in 0..CLAIMS {
            let claim = Claim::new("h", Uuid::now_v7()).family(AccountType::Domestic);
            let begun = Instant::now();
            let claimed = leases.claim(&claim).await?;
            times.push(begun.elapsed());
            ensure!(matches!(claimed, Claimed::Leased(_)));
        }
        times.sort_unstable();
        let median: Duration = times[CLAIMS / 2];
        eprintln!("{}, {backlog} pending: {median:?}", self.database.title());
        let name = format!("genledger, a claim with {backlog} pending");
        Ok(sample(CLAIMED, &name, round, 1, median.as_secs_f64()))
    }
}

const fn group(way: Way) -> &'static str {
    match way {
        Way::Bare | Way::Apalis => "tasks claimed per second, without accounts and history",
        _ => FINISHED,
    }
}

fn result() -> GenerationResult {
    GenerationResult::urls(["https://cdn.example/1.png"])
}

/// The work of one step of a worker: the number of tasks that it has finished.
type Work = Arc<dyn Fn() -> futures_util::future::BoxFuture<'static, Result<usize>> + Send + Sync>;

fn hand<Q: Queue>(queue: Q, most: usize) -> Work {
    let queue = Arc::new(queue);
    Arc::new(move || {
        let queue = Arc::clone(&queue);
        Box::pin(async move { queue.work(most).await })
    })
}

/// All workers, until none finds a task: the number of tasks, and the time of each step.
async fn all(workers: usize, work: &Work) -> Result<(usize, Vec<Duration>)> {
    let workers = (0..workers).map(|_| {
        let work = Arc::clone(work);
        tokio::spawn(async move {
            let (mut all, mut times) = (0, Vec::new());
            loop {
                let begun = Instant::now();
                let done = work().await?;
                if done == 0 {
                    return anyhow::Ok((all, times));
                }
                times.push(begun.elapsed());
                all += done;
            }
        })
    });
    let (mut all, mut times) = (0, Vec::new());
    for done in try_join_all(workers).await? {
        let (tasks, more) = done?;
        all += tasks;
        times.extend(more);
    }
    Ok((all, times))
}
