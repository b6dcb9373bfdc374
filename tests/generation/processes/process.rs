//! A process of workers, as its parent sees it.

use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use genledger::id::GenerationAttemptId;
use tokio::time::sleep;

use super::Place;
use super::child::{DATABASE, LOCKS, NAME};

/// The connections of a process; its workers are more.
const CONNECTIONS: usize = 4;

/// A line that a process has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// A result was accepted.
    Done {
        attempt: GenerationAttemptId,
        seq: i64,
    },
    /// A verb was refused, since the lease was lost.
    Lost {
        verb: String,
        attempt: GenerationAttemptId,
        seq: i64,
    },
    /// No verb is under way until the parent says so.
    Quiet,
    /// An error that no worker expects.
    Failed(String),
}

impl Report {
    /// A line of a process that was killed may be incomplete.
    fn read(line: &str) -> Option<Self> {
        let (what, rest) = line.split_once(' ')?;
        let rest = rest.strip_suffix('.')?;
        let words: Vec<&str> = rest.split(' ').collect();
        match (what, &words[..]) {
            ("quiet", _) => Some(Self::Quiet),
            ("done", [attempt, seq]) => Some(Self::Done {
                attempt: attempt.parse().unwrap(),
                seq: seq.parse().unwrap(),
            }),
            ("lost", [verb, attempt, seq]) => Some(Self::Lost {
                verb: (*verb).to_owned(),
                attempt: attempt.parse().unwrap(),
                seq: seq.parse().unwrap(),
            }),
            ("failed", _) => Some(Self::Failed(rest.to_owned())),
            _ => None,
        }
    }
}

/// A process, which is killed when it is dropped.
pub(super) struct Process {
    child: Child,
    input: ChildStdin,
    reports: Arc<Mutex<Vec<Report>>>,
    reader: Option<JoinHandle<()>>,
    /// The first part of the names of its workers.
    pub(super) name: String,
}

impl Process {
    pub(super) fn start(place: &Place, number: usize) -> Self {
        let name = format!("process-{number}");
        let url = &place.database.url;
        let url = if url.starts_with("sqlite") {
            url.clone()
        } else {
            let sign = if url.contains('?') { '&' } else { '?' };
            format!("{url}{sign}max_connections={CONNECTIONS}&acquire_timeout=30000")
        };
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "processes::child", "--nocapture"])
            .env(DATABASE, url)
            .env(NAME, &name)
            .env(LOCKS, place.locks.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let reports = Arc::new(Mutex::new(Vec::new()));
        let found = Arc::clone(&reports);
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                found.lock().unwrap().extend(Report::read(&line));
            }
        });
        Self {
            child,
            input,
            reports,
            reader: Some(reader),
            name,
        }
    }

    /// Sends a signal: `STOP`, `CONT`.
    pub(super) fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Continues it later, also while its parent waits for what it has locked.
    pub(super) fn continue_after(&self, wait: Duration) -> tokio::task::JoinHandle<()> {
        let id = self.child.id();
        tokio::spawn(async move {
            sleep(wait).await;
            signal(id, "CONT");
        })
    }

    pub(super) fn say(&mut self, word: &str) {
        writeln!(self.input, "{word}").unwrap();
    }

    /// Waits until no verb is under way, after it was told so.
    pub(super) async fn wait_until_quiet(&self) {
        while self.reports.lock().unwrap().last() != Some(&Report::Quiet) {
            sleep(Duration::from_millis(5)).await;
        }
        self.reports.lock().unwrap().pop();
    }

    pub(super) fn reports(&self) -> Vec<Report> {
        self.reports.lock().unwrap().clone()
    }

    /// Kills it, and returns what it has reported.
    pub(super) fn kill(mut self) -> Vec<Report> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.reader.take().unwrap().join().unwrap();
        self.reports()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _killed = self.child.kill();
        let _status = self.child.wait();
    }
}

fn signal(id: u32, name: &str) {
    let mut kill = Command::new("kill");
    let sent = kill.args([format!("-{name}"), id.to_string()]).status();
    assert!(sent.unwrap().success(), "kill -{name} {id}");
}
