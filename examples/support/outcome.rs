//! How a program ends.

use std::error::Error;
use std::io;
use std::process::ExitCode;

pub(crate) type Failure = Box<dyn Error>;

/// Success, or the error with everything that caused it. Anyone who closed the pipe that the program
/// writes to (`| head`) has seen enough, which is no error.
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

/// Prints a line; unlike `println!` it does not panic when no one reads it.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        writeln!(std::io::stdout(), $($part)*)?;
    }};
}

pub(crate) use say;
