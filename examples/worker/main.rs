//! Several workers in several processes share a pool of provider accounts on one database.
//!
//! ```text
//! cargo run --example worker
//! cargo run --example worker -- postgres://user:password@host/empty_database    # with --features postgres
//! ```
//!
//! The parent submits image tasks and starts processes of itself as workers. The provider is simulated: it limits the
//! rate, fails, refuses contents and loses replies. One process is killed in the middle of its work. Once a second
//! the parent prints what there is, rescues tasks whose leases have expired and decides about those that may have been
//! sent. It ends when every task has ended, and checks then that nothing was lost or done twice. Without an argument, it
//! works on a temporary SQLite file, and ends by itself in less than a minute.

mod child;
mod proof;

use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};

use genledger::contract::query::Count;
use genledger::generation::{
    Edit, GenerationLeases, GenerationStatus, GenerationTaskFilter, GenerationTasks, ImageTask,
    NewImageTask, NewProviderAccount, ProviderAccounts, Resolution, TaskReady, TaskRequest,
    TaskStateColumns as _,
};
use genledger::id::GenerationIdGenerator;
use genledger::prelude::*;
use genledger::schema;

const ACCOUNTS: i32 = 6;

/// The slots of each account.
const SLOTS: i32 = 2;

const TASKS: usize = 120;
const PROCESSES: usize = 3;

/// After how many seconds a process is killed, and another one started.
const KILL: u64 = 3;

/// When the parent gives up.
const LIMIT: Duration = Duration::from_secs(120);

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some(child::ARGUMENT) {
        let (Some(url), Some(name)) = (arguments.next(), arguments.next()) else {
            return Err(Error::invalid("a worker needs a URL and a name"));
        };
        return child::run(&url, &name).await;
    }
    let folder = tempfile::tempdir().map_err(failed)?;
    let url =
        first.unwrap_or_else(|| format!("sqlite:{}", folder.path().join("worker.db").display()));
    let store = genledger::connect(&url).await?;
    store
        .migrate(&[schema::generation(), schema::outbox()])
        .await?;
    submit(&store).await?;
    println!(
        "{TASKS} image tasks, {ACCOUNTS} accounts with {SLOTS} slots each, {PROCESSES} processes with 4 workers each\n"
    );
    let mut processes = Vec::new();
    for number in 1..=PROCESSES {
        processes.push(Process::start(&url, number)?);
    }
    let mut looks = proof::Looks::default();
    let ended = watch(&store, &url, &mut processes, &mut looks).await;
    drop(processes);
    ended?;
    let sound = proof::print(&store, &looks).await?;
    store.close().await;
    if sound {
        Ok(())
    } else {
        Err(Error::corrupt("the summary names what is wrong"))
    }
}

/// A worker process, which is killed when it is dropped.
struct Process(Child);

impl Process {
    fn start(url: &str, number: usize) -> Result<Self> {
        let program = std::env::current_exe().map_err(failed)?;
        let name = format!("process {number}");
        let child = Command::new(program)
            .args([child::ARGUMENT, url, &name])
            .spawn();
        child.map(Self).map_err(failed)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _killed = self.0.kill();
        let _status = self.0.wait();
    }
}

fn failed(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Other, "the operating system refused it").with_source(error)
}

/// Adds the accounts and the tasks.
async fn submit(store: &Arc<dyn Store>) -> Result<()> {
    let ids = GenerationIdGenerator::system();
    let accounts = ProviderAccounts::new(Arc::clone(store));
    for number in 1..=ACCOUNTS {
        let name = format!("account-{number}@example.com");
        let account = NewProviderAccount::new(name, format!("session-{number}")).image_limit(SLOTS);
        accounts.append(&account.into_account(&ids)?).await?;
    }
    let tasks = GenerationTasks::<ImageTask>::new(Arc::clone(store));
    for number in 0..TASKS {
        let board = format!("board-{number}");
        let request = TaskRequest::new("project-1", "The sea", board, "work-1", "a cat on a boat");
        tasks
            .submit(&NewImageTask::new(request).into_task(&ids)?)
            .await?;
    }
    Ok(())
}

/// Prints a line a second until every task has ended.
async fn watch(
    store: &Arc<dyn Store>,
    url: &str,
    processes: &mut Vec<Process>,
    looks: &mut proof::Looks,
) -> Result<()> {
    let leases = child::leases(Arc::clone(store));
    let tasks = GenerationTasks::<ImageTask>::new(Arc::clone(store));
    let begun = Instant::now();
    for second in 0.. {
        let swept = leases.sweep().await?;
        let decided = decide(&tasks, &leases).await?;
        let mut line = format!("{second:3} s");
        let mut open = 0;
        for (status, name) in [
            (GenerationStatus::Pending, "pending"),
            (GenerationStatus::Processing, "processing"),
            (GenerationStatus::Retrying, "retrying"),
            (GenerationStatus::Completed, "completed"),
            (GenerationStatus::Failed, "failed"),
        ] {
            let filter = GenerationTaskFilter::new().status(status);
            let (Count::Exactly(count) | Count::AtLeast(count)) =
                tasks.count(&filter, 10_000).await?;
            line += &format!("  {name} {count:3}");
            if !matches!(
                status,
                GenerationStatus::Completed | GenerationStatus::Failed
            ) {
                open += count;
            }
        }
        line += &format!("  slots {:2}", looks.taken);
        if swept.rescued > 0 {
            line += &format!("  rescued {}", swept.rescued);
        }
        if decided > 0 {
            line += &format!("  decided {decided}");
        }
        if second == KILL {
            drop(processes.pop());
            line += "  (a process was killed)";
        }
        if second == 2 * KILL {
            processes.push(Process::start(url, PROCESSES + 1)?);
            line += "  (a new process)";
        }
        println!("{line}");
        if open == 0 {
            return Ok(());
        }
        if begun.elapsed() > LIMIT {
            return Err(Error::new(ErrorKind::Timeout, "tasks did not end in time"));
        }
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            looks.look(store).await?;
        }
    }
    Ok(())
}

/// Decides about tasks that may have been sent: this provider can be asked, and never has them.
async fn decide(
    tasks: &GenerationTasks<ImageTask>,
    leases: &GenerationLeases<ImageTask>,
) -> Result<usize> {
    let undecided = GenerationTaskFilter::new().and(ImageTask::READY.eq(TaskReady::Undecided));
    let found = tasks.page(&undecided, &Paging::first(100)).await?.items;
    for task in &found {
        let edit = Edit::of_version(task.version).by("the parent");
        leases.resolve(task.id, &edit, &Resolution::NotSent).await?;
    }
    Ok(found.len())
}
