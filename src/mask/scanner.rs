//! The scanner: a position in the text that only moves forward, and the output so far.
//!
//! Linear time rests on two rules. What is looked at beyond the position is either consumed, or looked at a
//! constant number of times (the atom after an `@`, the spaces after a name, the word around the position). And
//! everything reads the text through this type, which counts in tests how much is read.

use std::borrow::Cow;
#[cfg(test)]
use std::cell::Cell;
use std::ops::Range;

use super::chars::is_atom;

pub(super) struct Scanner<'a> {
    text: &'a str,
    /// What follows is not scanned yet.
    pub(super) at: usize,
    output: String,
    /// The text before it is in the output.
    copied: usize,
    /// The word around the position.
    pub(super) word: Word,
    /// No IPv6 address begins before it.
    pub(super) ipv6_from: usize,
    /// The end of the last atom that was `api`: the next one may make it `api key`.
    pub(super) after_api: Option<usize>,
    /// The end of the last value with its punctuation; no user info begins before or there.
    pub(super) value_stop: Option<usize>,
    #[cfg(test)]
    steps: Cell<usize>,
}

/// The word around the position, looked through once.
#[derive(Default)]
pub(super) struct Word {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The last `@` before a host, where user info ends.
    pub(super) user_end: Option<usize>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            output: String::new(),
            copied: 0,
            word: Word::default(),
            ipv6_from: 0,
            after_api: None,
            value_stop: None,
            #[cfg(test)]
            steps: Cell::new(0),
        }
    }

    /// The masked text, and the number of bytes that were read for it (0 outside of tests).
    pub(super) fn run(mut self) -> (Cow<'a, str>, usize) {
        while let Some(c) = self.char(self.at) {
            self.enter_word();
            if let Some(end) = self.user_info() {
                self.hide_user_info(end);
            } else if self.ipv6(c) {
            } else if is_atom(c) {
                self.atom();
            } else {
                self.separator(c);
            }
        }
        #[cfg(test)]
        let steps = self.steps.get();
        #[cfg(not(test))]
        let steps = 0;
        if self.output.is_empty() && self.copied == 0 {
            return (Cow::Borrowed(self.text), steps);
        }
        self.output.push_str(&self.text[self.copied..]);
        (Cow::Owned(self.output), steps)
    }

    /// Looks through the next word, if the position is in it.
    pub(super) fn enter_word(&mut self) {
        if self.at >= self.word.end {
            self.word = self.word_at(self.at);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    #[cfg_attr(
        not(test),
        expect(clippy::unused_self, reason = "counted in tests only")
    )]
    fn count(&self, bytes: usize) {
        #[cfg(test)]
        self.steps.set(self.steps.get() + bytes);
        #[cfg(not(test))]
        let _ = bytes;
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.count(1);
        self.text.as_bytes().get(at).copied()
    }

    pub(super) fn before(&self, at: usize) -> Option<u8> {
        self.byte(at.checked_sub(1)?)
    }

    pub(super) fn char(&self, at: usize) -> Option<char> {
        let c = self.text.get(at..).and_then(|rest| rest.chars().next());
        self.count(c.map_or(1, char::len_utf8));
        c
    }

    pub(super) fn after_char(&self, at: usize) -> usize {
        at + self.char(at).map_or(0, char::len_utf8)
    }

    /// A part of the text, of which every byte is read.
    pub(super) fn slice(&self, range: Range<usize>) -> &'a str {
        self.count(range.len());
        &self.text[range]
    }

    /// Whether the text at a position is these bytes, in any case.
    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        let found = self.text.as_bytes()[at.min(self.text.len())..].iter();
        let same = found
            .zip(word.as_bytes())
            .take_while(|(a, b)| a.eq_ignore_ascii_case(b))
            .count();
        self.count(same + 1);
        same == word.len()
    }

    /// The position of the first character from `at` on for which `ends` holds.
    pub(super) fn end_where(&self, mut at: usize, ends: impl Fn(char) -> bool) -> usize {
        while let Some(c) = self.char(at) {
            if ends(c) {
                break;
            }
            at += c.len_utf8();
        }
        at
    }

    pub(super) fn atom_end(&self, at: usize) -> usize {
        self.end_where(at, |c| !is_atom(c))
    }

    /// The number of dots before a position.
    pub(super) fn dots_before(&self, at: usize) -> usize {
        let dots = self.text.as_bytes()[..at]
            .iter()
            .rev()
            .take_while(|byte| **byte == b'.')
            .count();
        self.count(dots + 1);
        dots
    }

    /// The position after spaces and tabs.
    pub(super) fn after_spaces(&self, at: usize) -> usize {
        self.end_where(at, |c| !matches!(c, ' ' | '\t'))
    }

    /// Writes a text in the place of a part that has not been written yet. A part that is this text already is not a change.
    pub(super) fn replace(&mut self, range: Range<usize>, with: &str) {
        if self.slice(range.clone()) == with {
            return;
        }
        self.output.push_str(&self.text[self.copied..range.start]);
        self.output.push_str(with);
        self.copied = range.end;
    }

    /// Whether the text right before a position was replaced.
    pub(super) fn is_replaced(&self, at: usize) -> bool {
        self.copied == at && at > 0
    }

    pub(super) fn hide(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.replace(range, super::HIDDEN);
        }
    }
}
