//! `cargo xtask mutants`: injects faults, one at a time, and lists those that no test finds.
//!
//! All faults of `tools/mutants/` are built once, in a copy of the sources, each behind a switch that an
//! environment variable turns on; the released code contains none of them.

mod list;
mod plant;
mod runner;
mod stage;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Instant;

use list::Fault;
use runner::{Runner, Verdict, in_parallel};
use stage::Stage;

use crate::backend::Backend;
use crate::command::{Command, Words, unknown};
use crate::error::{Context as _, Error, Result};
use crate::process;
use crate::servers::{Purpose, Servers};

/// The variable with the number of the fault that is turned on.
const VARIABLE: &str = "GENLEDGER_MUTANT";

/// The variable with the file to which a test writes the numbers of the faults whose lines it runs.
const TRACE: &str = "GENLEDGER_MUTANT_TRACE";

/// The entry in the table of commands.
pub(crate) const COMMAND: Command = Command {
    name: "mutants",
    usage: "[--list NAME,NAME] [--title WORDS] [--without-servers] [--check | --build]",
    about:
        "Injects the faults of tools/mutants/ one at a time, runs the tests that reach them, and
            lists the faults that no test found. The tests that reach a fault are found once, by running each
            test alone, and kept in target/mutants/traces until the program of the test is rebuilt.
            --without-servers leaves out the tests that need one; --check only compares the lists with
            the sources, --build only injects and builds.",
    run,
};

/// The faults and stages of a run.
#[derive(Debug, Default)]
struct Plan {
    lists: Vec<String>,
    title: Option<String>,
    without_servers: bool,
    only_check: bool,
    only_build: bool,
}

impl Plan {
    fn wants(&self, fault: &Fault) -> bool {
        fault.proof.is_none()
            && (self.lists.is_empty() || self.lists.contains(&fault.list))
            && self
                .title
                .as_ref()
                .is_none_or(|words| fault.title.contains(words))
    }

    fn stages<'a>(&'a self, fault: &Fault) -> impl Iterator<Item = Stage> + 'a {
        let all = stage::stages(&fault.file).iter().copied();
        all.filter(|stage| !self.without_servers || server(*stage).is_none())
    }
}

/// The server that a stage needs.
fn server(stage: Stage) -> Option<Backend> {
    let servers = Backend::ALL
        .into_iter()
        .filter(|backend| backend.has_server());
    servers
        .into_iter()
        .find(|backend| backend.name() == stage.only)
}

fn run(words: &[String]) -> Result<()> {
    let mut words = Words::new(words);
    let mut plan = Plan::default();
    while let Some((flag, inline)) = words.next() {
        match flag {
            "--list" => {
                let names = words.value(flag, inline)?;
                plan.lists = names.split(',').map(String::from).collect();
            }
            "--title" => plan.title = Some(words.value(flag, inline)?.to_owned()),
            "--without-servers" => plan.without_servers = true,
            "--check" => plan.only_check = true,
            "--build" => plan.only_build = true,
            other => return Err(unknown(other)),
        }
    }
    let faults = list::read_all(&process::workspace().join("tools/mutants"))?;
    let folder = process::workspace().join("target/mutants");
    plant::plant(&faults, &folder.join("tree"))?;
    if plan.only_check {
        println!("{} faults match the sources", faults.len());
        return Ok(());
    }
    let programs = stage::build(&folder.join("tree"), &folder.join("target"))?;
    if plan.only_build {
        return Ok(());
    }
    let wanted: Vec<(usize, &Fault)> = faults
        .iter()
        .enumerate()
        .filter(|(_, fault)| plan.wants(fault))
        .collect();
    let stages: BTreeSet<Stage> = wanted
        .iter()
        .flat_map(|(_, fault)| plan.stages(fault))
        .collect();
    let backends: Vec<Backend> = stages.iter().filter_map(|stage| server(*stage)).collect();
    let servers = Servers::start(&backends, Purpose::Tests, None)?;
    let traces = folder.join("traces");
    std::fs::create_dir_all(&traces).context(|| traces.display().to_string())?;
    let mut runner = Runner::new(&programs, servers.variables(), traces);
    for stage in stages {
        let began = Instant::now();
        runner.trace(stage)?;
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "without faults: {} {} {seconds:.0} s",
            stage.package, stage.only
        );
    }
    report(&plan, &runner, &faults, &wanted)
}

/// Runs every selected fault, and prints the result of each.
fn report(
    plan: &Plan,
    runner: &Runner<'_>,
    faults: &[Fault],
    wanted: &[(usize, &Fault)],
) -> Result<()> {
    let survivors = Mutex::new(Vec::new());
    in_parallel(wanted.len(), |index| {
        let (number, fault) = wanted[index];
        let began = Instant::now();
        let mut reached = 0;
        let mut found = None;
        for stage in plan.stages(fault) {
            match runner.look(stage, number)? {
                Verdict::Survived(tests) => reached += tests,
                Verdict::Found(by) => {
                    found = Some(by);
                    break;
                }
            }
        }
        let seconds = began.elapsed().as_secs();
        let name = format!("{}: {}", fault.list, fault.title);
        if let Some(by) = found {
            println!("found     {seconds:>4} s  {name}  [{by}]");
        } else {
            println!("SURVIVED  {seconds:>4} s  {name}  [reached by {reached} tests]");
            if let Ok(mut survivors) = survivors.lock() {
                survivors.push(format!("  {} ({})", name, fault.file));
            }
        }
        Ok(())
    })?;
    let survivors = survivors.into_inner().unwrap_or_default();
    let equivalent = faults.iter().filter(|fault| fault.proof.is_some()).count();
    println!(
        "\n{} faults injected, {} found, {} survived; {equivalent} more are proved to change nothing",
        wanted.len(),
        wanted.len() - survivors.len(),
        survivors.len()
    );
    if survivors.is_empty() {
        return Ok(());
    }
    Err(Error::new(format!(
        "no test found\n{}",
        survivors.join("\n")
    )))
}
