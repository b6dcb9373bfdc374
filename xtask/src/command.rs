//! A command of `cargo xtask`, and the parser of its arguments.

use crate::backend::{self, Backend};
use crate::error::{Error, Result};

/// One command of the table in `main.rs`.
pub(crate) struct Command {
    /// The word after `cargo xtask`.
    pub(crate) name: &'static str,
    /// The arguments after the name.
    pub(crate) usage: &'static str,
    /// Its description, in one line or more.
    pub(crate) about: &'static str,
    /// Runs it with the arguments after the name.
    pub(crate) run: fn(&[String]) -> Result<()>,
}

/// Prints every command with its usage.
pub(crate) fn print_help(commands: &[Command]) {
    println!("The commands of the project:\n");
    for command in commands {
        print_usage(command);
    }
}

/// Prints one command with its usage.
pub(crate) fn print_usage(command: &Command) {
    println!("  cargo xtask {} {}", command.name, command.usage);
    for line in command.about.lines() {
        println!("      {}", line.trim());
    }
    println!();
}

/// The arguments of a command, read one after the other.
pub(crate) struct Words<'a> {
    own: &'a [String],
    extra: &'a [String],
}

impl<'a> Words<'a> {
    /// Splits the arguments at `--`: those after it are passed to the program that is run.
    pub(crate) fn new(words: &'a [String]) -> Self {
        match words.iter().position(|word| word == "--") {
            Some(at) => Self {
                own: &words[..at],
                extra: &words[at + 1..],
            },
            None => Self {
                own: words,
                extra: &[],
            },
        }
    }

    /// The words after `--`.
    pub(crate) fn extra(&self) -> &'a [String] {
        self.extra
    }

    /// The next word, a `--flag=value` being split in two.
    pub(crate) fn next(&mut self) -> Option<(&'a str, Option<&'a str>)> {
        let (word, rest) = self.own.split_first()?;
        self.own = rest;
        match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => Some((flag, Some(value))),
            _ => Some((word, None)),
        }
    }

    /// The value of a flag: the text after its `=`, or the next word.
    pub(crate) fn value(&mut self, flag: &str, inline: Option<&'a str>) -> Result<&'a str> {
        if let Some(value) = inline {
            return Ok(value);
        }
        let (word, rest) = self
            .own
            .split_first()
            .ok_or_else(|| Error::new(format!("{flag} requires a value")))?;
        self.own = rest;
        Ok(word)
    }

    /// The value of `--only`.
    pub(crate) fn only(&mut self, flag: &str, inline: Option<&'a str>) -> Result<Vec<Backend>> {
        backend::parse_list(self.value(flag, inline)?)
    }
}

/// The error of an unknown argument.
pub(crate) fn unknown(word: &str) -> Error {
    Error::new(format!("unknown argument {word:?}; see cargo xtask help"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(String::from).collect()
    }

    #[test]
    fn flags_take_the_next_word_or_what_follows_the_sign() {
        let given = words("--only mysql --detach=/tmp/x -- --nocapture");
        let mut read = Words::new(&given);
        assert_eq!(read.extra(), ["--nocapture"]);
        assert_eq!(read.next(), Some(("--only", None)));
        assert_eq!(read.only("--only", None).ok(), Some(vec![Backend::Mysql]));
        assert_eq!(read.next(), Some(("--detach", Some("/tmp/x"))));
        assert_eq!(read.value("--detach", Some("/tmp/x")).ok(), Some("/tmp/x"));
        assert_eq!(read.next(), None);
        assert!(read.value("--keep", None).is_err());
    }
}
