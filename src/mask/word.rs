//! User info outside of a URL: `user:password@host`, as in the data source names of Go.

use super::chars::{ends_word, is_atom};
use super::scanner::{Scanner, Word};

impl Scanner<'_> {
    pub(super) fn word_at(&self, start: usize) -> Word {
        let mut user_end = None;
        let mut at = start;
        while let Some(c) = self.char(at) {
            if ends_word(c) {
                break;
            }
            let next = at + c.len_utf8();
            if c == '@'
                && self
                    .char(next)
                    .is_some_and(|c| is_atom(c) || matches!(c, '[' | '/' | ':'))
            {
                user_end = Some(at);
            }
            at = next;
        }
        let end = at.max(start + self.char(start).map_or(1, char::len_utf8));
        Word {
            start,
            end,
            user_end,
        }
    }

    /// The end of user info that begins at the position: the user, a colon and the password. Before the colon there
    /// is nothing that begins another part of the word, as in `dsn=user:password@host`.
    pub(super) fn user_info(&self) -> Option<usize> {
        let start = self.at;
        let end = self.word.user_end.filter(|end| *end > start)?;
        let is_part = start == self.word.start
            || self
                .before(start)
                .is_some_and(|byte| is_opener(char::from(byte)));
        if !is_part || self.is_replaced(start) || self.value_stop.is_some_and(|stop| start <= stop)
        {
            return None;
        }
        // The `@` is the end of the search.
        let colon = self.end_where(start, |c| c == ':' || c == '@' || is_opener(c));
        let is_user = self.byte(colon) == Some(b':') && self.url_start(colon).is_none();
        is_user.then_some(end)
    }

    pub(super) fn hide_user_info(&mut self, end: usize) {
        // The address of a mail has no password.
        let mail = "mailto:";
        let start = if self.is(self.at, mail) {
            self.at + mail.len()
        } else {
            self.at
        };
        self.hide(start..end);
        self.at = end + 1;
    }
}

const fn is_opener(c: char) -> bool {
    matches!(c, '=' | ',' | ';' | '(' | '[' | '{' | '&' | '?' | '|')
}
