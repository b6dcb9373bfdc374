//! Reading the output of libtest.

/// The outcome of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    Failed,
    Ignored,
}

/// Reads lines, one after the other.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// A test whose line was interrupted by its output: with one thread, libtest prints the
    /// name first and the outcome at the end of the test.
    unfinished: Option<String>,
}

impl Reader {
    /// The test whose outcome is in this line.
    pub(super) fn line(&mut self, line: &str) -> Option<(String, Outcome)> {
        if let Some(unfinished) = &self.unfinished
            && let Some(outcome) = outcome(line)
        {
            let name = unfinished.clone();
            self.unfinished = None;
            return Some((name, outcome));
        }
        // The line may begin with output of a test without a line end.
        let (_, rest) = line.split_at(if line.starts_with("test ") {
            0
        } else {
            line.find("test ")?
        });
        let (name, rest) = rest.strip_prefix("test ")?.split_once(" ... ")?;
        let name = name
            .strip_suffix(" - should panic")
            .unwrap_or(name)
            .to_owned();
        let outcome = outcome(rest);
        self.unfinished = outcome.is_none().then(|| name.clone());
        outcome.map(|outcome| (name, outcome))
    }
}

/// `ok`, `FAILED`, `ignored` or `ignored, for a reason`, and perhaps a time.
fn outcome(text: &str) -> Option<Outcome> {
    let word = text.split([' ', ',']).next()?;
    match word {
        "ok" => Some(Outcome::Passed),
        "FAILED" => Some(Outcome::Failed),
        "ignored" => Some(Outcome::Ignored),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Vec<(String, Outcome)> {
        let mut reader = Reader::default();
        lines.iter().filter_map(|line| reader.line(line)).collect()
    }

    #[test]
    fn every_form_of_a_line() {
        let found = read(&[
            "running 3 tests",
            "test a::b ... ok",
            "test c - should panic ... FAILED",
            "test d ... ignored, needs a disk",
            "test src/lib.rs - (line 3) ... ok",
            "test result: ok. 1 passed; 0 failed; 0 ignored",
        ]);
        let expected = [
            ("a::b", Outcome::Passed),
            ("c", Outcome::Failed),
            ("d", Outcome::Ignored),
            ("src/lib.rs - (line 3)", Outcome::Passed),
        ];
        assert_eq!(
            found,
            expected.map(|(name, outcome)| (name.to_owned(), outcome))
        );
    }

    #[test]
    fn the_output_of_a_test_may_be_in_between() {
        let found = read(&[
            "test a ... it says",
            "test ok",
            "ok",
            "half a linetest b ... ok",
        ]);
        let expected = [("a", Outcome::Passed), ("b", Outcome::Passed)];
        assert_eq!(
            found,
            expected.map(|(name, outcome)| (name.to_owned(), outcome))
        );
    }
}
