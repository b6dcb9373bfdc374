//! Licence expressions, as in `license = "MIT OR Apache-2.0"`.

/// Whether the expression can be met with the allowed licences alone.
pub(super) fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    // `MIT/Apache-2.0` is how crates wrote OR before there were expressions.
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser {
        words: &words,
        allowed,
    };
    parser.any().unwrap_or(false) && parser.words.is_empty()
}

struct Parser<'a> {
    words: &'a [&'a str],
    allowed: &'a [&'a str],
}

impl Parser<'_> {
    /// `a OR b`, which binds less than AND. Nothing is skipped: both sides have to be well formed.
    fn any(&mut self) -> Option<bool> {
        let mut met = self.all()?;
        while self.take("OR") {
            met |= self.all()?;
        }
        Some(met)
    }

    /// `a AND b`
    fn all(&mut self) -> Option<bool> {
        let mut met = self.one()?;
        while self.take("AND") {
            met &= self.one()?;
        }
        Some(met)
    }

    /// `a`, `a WITH exception` (a licence of its own for the list) or `( ... )`
    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let met = self.any()?;
            return self.take(")").then_some(met);
        }
        let (licence, rest) = self.words.split_first()?;
        self.words = rest;
        if !self.take("WITH") {
            return Some(self.allowed.contains(licence));
        }
        let (exception, rest) = self.words.split_first()?;
        self.words = rest;
        Some(
            self.allowed
                .contains(&format!("{licence} WITH {exception}").as_str()),
        )
    }

    fn take(&mut self, word: &str) -> bool {
        match self.words.split_first() {
            Some((first, rest)) if *first == word => {
                self.words = rest;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let allowed = [
            "MIT",
            "Apache-2.0",
            "Apache-2.0 WITH LLVM-exception",
            "Unicode-3.0",
        ];
        let check = |expression| is_allowed(expression, &allowed);
        assert!(check("MIT"));
        assert!(check("GPL-3.0 OR MIT"));
        assert!(check("MIT/GPL-2.0"));
        assert!(check("(MIT OR GPL-3.0) AND Unicode-3.0"));
        assert!(check("Apache-2.0 WITH LLVM-exception"));
        assert!(!check("MIT AND GPL-3.0"));
        assert!(!check("MIT WITH something"));
        assert!(!check("GPL-3.0 OR GPL-2.0 AND MIT"));
        assert!(!check(""));
        assert!(!check("(MIT"));
        assert!(!check("MIT MIT"));
    }
}
