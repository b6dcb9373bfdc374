//! `cargo xtask ci`: every check that must pass before a change is merged.

mod deny;
mod features;
mod licence;
mod words;

use std::time::{Duration, Instant};

use crate::command::{Command, unknown};
use crate::error::{Error, Result};
use crate::{process, test};

/// The entry in the table of commands.
pub(crate) const COMMAND: Command = Command {
    name: "ci",
    usage: "[fmt] [words] [deny] [clippy] [doc] [features] [test]",
    about: "Runs every check that a change has to pass, the cheap ones first, or only those named.",
    run,
};

/// A step, by its name.
type Step = (&'static str, fn() -> Result<()>);

/// The steps; those that fail often come first. `clippy`, `doc` and `features` share the check builds of
/// the dependencies; `test`, and one test of `features`, build them once more, to
/// run them.
const STEPS: &[Step] = &[
    ("fmt", fmt),
    ("words", words::check),
    ("deny", deny::check),
    ("clippy", clippy),
    ("doc", doc),
    ("features", features::check),
    ("test", test::everything),
];

fn run(words: &[String]) -> Result<()> {
    if let Some(word) = words
        .iter()
        .find(|word| STEPS.iter().all(|(name, _)| name != word))
    {
        return Err(unknown(word));
    }
    let began = Instant::now();
    let mut times: Vec<(&str, Duration)> = Vec::new();
    for (name, step) in STEPS {
        if !words.is_empty() && !words.iter().any(|word| word == name) {
            continue;
        }
        println!("\n==== {name} ====");
        let step_began = Instant::now();
        let result = step();
        times.push((name, step_began.elapsed()));
        if let Err(error) = result {
            print_times(&times, began.elapsed());
            let message = if error.is_printed() {
                String::from("see above")
            } else {
                error.to_string()
            };
            return Err(Error::new(format!("{name} failed: {message}")));
        }
    }
    print_times(&times, began.elapsed());
    println!("ci: passed");
    Ok(())
}

fn print_times(times: &[(&str, Duration)], all: Duration) {
    println!("\nStep           seconds");
    for (name, time) in times.iter().chain([&("all", all)]) {
        println!("  {name:<10}{:>10.1}", time.as_secs_f64());
    }
}

fn fmt() -> Result<()> {
    process::run(process::cargo().args(["fmt", "--all", "--", "--check"]))?;
    // A separate workspace, because of its heavy dependencies.
    let benches = process::workspace().join("benches/Cargo.toml");
    if benches.exists() {
        let mut command = process::cargo();
        command
            .args(["fmt", "--manifest-path"])
            .arg(benches)
            .args(["--", "--check"]);
        process::run(&mut command)?;
    }
    Ok(())
}

fn clippy() -> Result<()> {
    process::run(process::cargo().args([
        "clippy",
        "--locked",
        "--workspace",
        "--all-features",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

fn doc() -> Result<()> {
    process::run(
        process::cargo()
            .args([
                "doc",
                "--locked",
                "--workspace",
                "--no-deps",
                "--all-features",
            ])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}
