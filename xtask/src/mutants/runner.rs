//! Running the tests that reach a fault.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::stage::{Program, Programs, Stage};
use super::{TRACE, VARIABLE};
use crate::error::{Context as _, Error, Result};
use crate::process;

/// The result of the tests for a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The number of tests that ran the lines of the fault and passed.
    Survived(usize),
    /// The program and the test that failed.
    Found(String),
}

/// A test without a fault: how long it took, and the faults whose lines it ran.
#[derive(Debug, Clone)]
struct Traced {
    test: String,
    milliseconds: u128,
    faults: BTreeSet<usize>,
}

/// Runs tests.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    programs: &'a Programs,
    /// The variables with the URLs of the servers.
    variables: &'a [(String, String)],
    /// The folder in which the traces are kept from one run to the next.
    folder: PathBuf,
    traces: BTreeMap<(PathBuf, &'static str), Vec<Traced>>,
}

impl<'a> Runner<'a> {
    pub(super) fn new(
        programs: &'a Programs,
        variables: &'a [(String, String)],
        folder: PathBuf,
    ) -> Self {
        Self {
            programs,
            variables,
            folder,
            traces: BTreeMap::new(),
        }
    }

    /// Runs each test of a stage alone and without a fault, and records the faults that it reaches.
    /// A test that fails without a fault would find every fault.
    pub(super) fn trace(&mut self, stage: Stage) -> Result<()> {
        for program in self.of(stage)? {
            let name = program.path.file_name().unwrap_or_default();
            let file = self
                .folder
                .join(format!("{}-{}", name.to_string_lossy(), stage.only));
            let traces = if let Some(traces) = read_traces(&file, &program.path) {
                traces
            } else {
                let traces = self.trace_program(&program, stage)?;
                write_traces(&file, &traces)?;
                traces
            };
            self.traces.insert((program.path, stage.only), traces);
        }
        Ok(())
    }

    fn trace_program(&self, program: &Program, stage: Stage) -> Result<Vec<Traced>> {
        let mut list = self.command(program, stage);
        list.args(["--list", "--format", "terse"]);
        // They run the same code and the same SQL.
        for suite in ["_pgbouncer::", "_routed::"] {
            list.args(["--skip", suite]);
        }
        let list = process::output(&mut list)?;
        let tests: Vec<&str> = list
            .lines()
            .filter_map(|line| line.strip_suffix(": test"))
            .collect();
        let traces = Mutex::new(Vec::new());
        in_parallel(tests.len(), |index| {
            let traced = self.trace_test(program, stage, tests[index], index)?;
            if let Ok(mut traces) = traces.lock() {
                traces.push(traced);
            }
            Ok(())
        })?;
        Ok(traces.into_inner().unwrap_or_default())
    }

    fn trace_test(
        &self,
        program: &Program,
        stage: Stage,
        test: &str,
        index: usize,
    ) -> Result<Traced> {
        let trace = self
            .folder
            .join(format!("trace-{}-{index}", std::process::id()));
        let mut command = self.command(program, stage);
        command.args(["--exact", test]).env(TRACE, &trace);
        let mut begun = Instant::now();
        let mut failed = Some(String::new());
        // Repeated for tests that fail occasionally.
        for _ in 0..2 {
            begun = Instant::now();
            failed = run(&mut command, Duration::from_secs(600))?;
            if failed.is_none() {
                break;
            }
        }
        if failed.is_some() {
            let output = command
                .stderr(Stdio::inherit())
                .stdout(Stdio::inherit())
                .status();
            return Err(Error::new(format!(
                "{} {test} fails without any fault: {output:?}",
                program.name
            )));
        }
        // Missing if the test ran no line of any fault.
        let faults = fs::read_to_string(&trace).unwrap_or_default();
        let _removed = fs::remove_file(&trace);
        Ok(Traced {
            test: test.to_owned(),
            milliseconds: begun.elapsed().as_millis(),
            faults: faults
                .lines()
                .filter_map(|line| line.parse().ok())
                .collect(),
        })
    }

    /// Runs tests of the stage with a fault until one of them finds it.
    pub(super) fn look(&self, stage: Stage, fault: usize) -> Result<Verdict> {
        let mut reached = 0;
        for program in self.of(stage)? {
            let traces = self.traces.get(&(program.path.clone(), stage.only));
            let mut tests: Vec<&Traced> = traces
                .into_iter()
                .flatten()
                .filter(|traced| traced.faults.contains(&fault))
                .collect();
            tests.sort_by_key(|traced| traced.milliseconds);
            reached += tests.len();
            // The fast tests find most faults.
            let (quick, slow) = tests.split_at(tests.len() / 2);
            for tests in [quick, slow] {
                if let Some(test) = self.look_with(&program, stage, fault, tests)? {
                    return Ok(Verdict::Found(format!("{} {test}", program.name)));
                }
            }
        }
        Ok(Verdict::Survived(reached))
    }

    fn look_with(
        &self,
        program: &Program,
        stage: Stage,
        fault: usize,
        tests: &[&Traced],
    ) -> Result<Option<String>> {
        if tests.is_empty() {
            return Ok(None);
        }
        let usual: u128 = tests.iter().map(|traced| traced.milliseconds).sum();
        let usual = u64::try_from(usual).unwrap_or(u64::MAX);
        let limit = Duration::from_millis(usual) * 4 + Duration::from_secs(60);
        let with = |names: &[&str]| {
            let mut command = self.command(program, stage);
            command
                .arg("--exact")
                .args(names)
                .env(VARIABLE, fault.to_string());
            run(&mut command, limit)
        };
        let mut names: Vec<&str> = tests.iter().map(|traced| traced.test.as_str()).collect();
        while let Some(test) = with(&names)? {
            // A test that fails only occasionally has not found the fault.
            let is_found = test == TIME
                || test == ENDED
                || (0..3).any(|_| with(&[&test]).is_ok_and(|failed| failed.is_some()));
            if is_found {
                return Ok(Some(test));
            }
            eprintln!("xtask: {test} failed once and then passed; it is not counted");
            names.retain(|name| *name != test);
        }
        Ok(None)
    }

    fn of(&self, stage: Stage) -> Result<Vec<Program>> {
        let programs = self.programs.get(stage.package).cloned();
        programs.ok_or_else(|| Error::new(format!("{} has no tests", stage.package)))
    }

    fn command(&self, program: &Program, stage: Stage) -> Command {
        let mut command = Command::new(&program.path);
        command
            .current_dir(&program.folder)
            .env("CARGO_MANIFEST_DIR", &program.folder)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("RUST_BACKTRACE", "0")
            // The random scripts are those of the run without faults, so that only the fault differs.
            .env("GENLEDGER_SEED", "1")
            .env_remove(VARIABLE)
            .env_remove(TRACE)
            .env_remove("GENLEDGER_ONLY")
            .stdin(Stdio::null());
        if !stage.only.is_empty() {
            command.env("GENLEDGER_ONLY", stage.only);
        }
        command
    }
}

/// Calls `job` with each number below `count`, a few at a time; the first error ends it.
pub(super) fn in_parallel(count: usize, job: impl Fn(usize) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let first = Mutex::new(Ok(()));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        return;
                    }
                    if let Err(error) = job(index) {
                        next.store(count, Ordering::Relaxed);
                        if let Ok(mut first) = first.lock() {
                            *first = Err(error);
                        }
                    }
                }
            });
        }
    });
    first.into_inner().unwrap_or(Ok(()))
}

/// The traces of an earlier run, unless the program is newer.
fn read_traces(file: &Path, program: &Path) -> Option<Vec<Traced>> {
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    if changed(file)? <= changed(program)? {
        return None;
    }
    let text = fs::read_to_string(file).ok()?;
    text.lines()
        .map(|line| {
            let (test, rest) = line.split_once(' ')?;
            let (milliseconds, faults) = rest.split_once(' ')?;
            Some(Traced {
                test: test.to_owned(),
                milliseconds: milliseconds.parse().ok()?,
                faults: faults
                    .split_whitespace()
                    .filter_map(|fault| fault.parse().ok())
                    .collect(),
            })
        })
        .collect()
}

fn write_traces(file: &Path, traces: &[Traced]) -> Result<()> {
    let mut text = String::new();
    for traced in traces {
        let faults: Vec<String> = traced.faults.iter().map(usize::to_string).collect();
        text.push_str(&format!(
            "{} {} {}\n",
            traced.test,
            traced.milliseconds,
            faults.join(" ")
        ));
    }
    fs::write(file, text).context(|| format!("writing {}", file.display()))
}

/// Runs a program until its end or its first failed test, whose name it returns.
fn run(command: &mut Command, limit: Duration) -> Result<Option<String>> {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Processes that it starts end with it.
        .process_group(0);
    let mut child = command.spawn().context(|| process::shown(command))?;
    let failed = watch(&mut child, limit);
    end(&mut child);
    Ok(failed)
}

/// Used instead of the name of a test.
const TIME: &str = "(took too long)";
const ENDED: &str = "(the program ended)";

/// Reads the output of a program of tests.
fn watch(child: &mut Child, limit: Duration) -> Option<String> {
    let until = Instant::now() + limit;
    let (sender, lines) = mpsc::channel();
    let output = child.stdout.take()?;
    std::thread::spawn(move || {
        for line in BufReader::new(output)
            .split(b'\n')
            .map_while(std::result::Result::ok)
        {
            if sender
                .send(String::from_utf8_lossy(&line).into_owned())
                .is_err()
            {
                break;
            }
        }
    });
    let mut passed = false;
    loop {
        match lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                passed |= line.starts_with("test result: ok");
                let failed = line.strip_suffix(" ... FAILED");
                if let Some(name) = failed.and_then(|line| line.rsplit_once("test ")) {
                    let name = name.1.trim_end_matches(" - should panic");
                    return Some(name.to_owned());
                }
            }
            Err(RecvTimeoutError::Timeout) => return Some(TIME.to_owned()),
            Err(RecvTimeoutError::Disconnected) => {
                return (!passed).then(|| ENDED.to_owned());
            }
        }
    }
}

/// Ends a program and everything that it started.
fn end(child: &mut Child) {
    let group = format!("-{}", child.id());
    // It may have ended already.
    let _ended = Command::new("kill")
        .args(["-9", "--", &group])
        .stderr(Stdio::null())
        .status();
    let _status = child.wait();
}
