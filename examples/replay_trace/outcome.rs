//! The exit status of a program.

use std::error::Error;
use std::io;
use std::process::ExitCode;

pub(crate) type Failure = Box<dyn Error>;

/// Success, or the error with its sources. A closed pipe
/// (`| head`) is not an error.
pub(crate) fn exit(program: &str, outcome: Result<(), Failure>) -> ExitCode {
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    if let Some(error) = error.downcast_ref::<io::Error>()
        && error.kind() == io::ErrorKind::BrokenPipe
    {
        return ExitCode::SUCCESS;
    }
    eprintln!("{program}: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

/// Prints a line; unlike `println!` it does not panic when the pipe is closed.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        writeln!(std::io::stdout(), $($part)*)?;
    }};
}

pub(crate) use say;
