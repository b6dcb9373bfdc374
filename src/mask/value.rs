//! The values of named secrets.

use super::chars::ends_word;
use super::names::{Extent, extent, is_prose, is_scheme};
use super::scanner::Scanner;

impl Scanner<'_> {
    /// Hides the secret after an atom that names one; `api` is the end of an atom `api` before it.
    pub(super) fn secret_after(&mut self, start: usize, end: usize, api: Option<usize>) -> bool {
        let name = self.slice(start..end);
        if name.eq_ignore_ascii_case("api") {
            self.after_api = Some(end);
        }
        let is_key = name.eq_ignore_ascii_case("key") || name.eq_ignore_ascii_case("keys");
        if is_key && api.is_some_and(|api| api + 1 == start && self.byte(api) == Some(b' ')) {
            return self.api_key(end);
        }
        if name.eq_ignore_ascii_case("bearer") || name == "Basic" {
            let value = self.after_spaces(end);
            let value = if value == end && self.is(end, "%20") {
                end + 3
            } else {
                value
            };
            if value > end && !self.separates(value) {
                return self.scheme_value(value, name == "Basic");
            }
        }
        if self.is_parameter(start) && self.byte(end) == Some(b'=') {
            return false;
        }
        let Some(extent) = extent(name) else {
            return false;
        };
        let is_closing = self.before(start) == Some(b'/');
        let Some(value) = self.after_separator(end, is_closing) else {
            return false;
        };
        self.value(value, extent, true);
        true
    }

    /// `API key provided: …`, `API key: …`, `api key '…'`.
    fn api_key(&mut self, end: usize) -> bool {
        let mut at = self.after_spaces(end);
        let word = self.atom_end(at);
        let verb = self.slice(at..word);
        if ["provided", "used", "is", "was", "given"].contains(&verb) && at > end {
            at = self.after_spaces(word);
        }
        if matches!(self.byte(at), Some(b'"' | b'\'')) {
            self.value(at, Extent::Word, true);
            return true;
        }
        let Some(value) = self.after_separator(at, true) else {
            return false;
        };
        let end = self.value_end(value);
        let word = self.slice(value..end);
        let is_word = |c: char| c.is_ascii_lowercase();
        if !word.is_empty()
            && word
                .trim_start_matches(|c: char| c.is_ascii_uppercase())
                .chars()
                .all(is_word)
        {
            return false;
        }
        self.value(value, Extent::Word, true);
        true
    }

    fn separates(&self, at: usize) -> bool {
        match self.byte(at) {
            None | Some(b'=') => true,
            Some(b':') => self.byte(at + 1) != Some(b':'),
            Some(_) => false,
        }
    }

    /// A token after `Bearer` or `Basic`.
    fn scheme_value(&mut self, value: usize, is_basic: bool) -> bool {
        let end = self.value_end(value);
        let token = self.slice(value..end);
        let is_coded = token.len() >= 8
            && token
                .bytes()
                .skip(1)
                .any(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'=');
        if is_basic && !is_coded && token != super::HIDDEN {
            return false;
        }
        self.value(value, Extent::Word, true);
        true
    }

    /// Whether an atom follows the `?` or `&` of a query.
    pub(super) fn is_parameter(&self, start: usize) -> bool {
        matches!(self.before(start), Some(b'?' | b'&'))
            || start >= 6 && self.is(start - 6, "\\u0026")
            || start >= 5 && self.is(start - 5, "&amp;")
    }

    /// The start of the value after the separator of a name: `:`, `=`, `=>`, `":`, `\":`, `%3D`, `>`.
    fn after_separator(&self, end: usize, is_closing: bool) -> Option<usize> {
        let mut at = self.end_where(end, |c| c != '\\');
        if matches!(self.byte(at), Some(b'"' | b'\'' | b']')) {
            at += 1;
        } else if at > end && !self.is(at - 1, "\\u003d") {
            return None;
        }
        if at == end && self.byte(at) == Some(b'>') && !is_closing {
            return Some(at + 1);
        }
        let spaces = self.after_spaces(at);
        let separator = self.char(spaces)?;
        let mut value = spaces + separator.len_utf8();
        match separator {
            ':' if self.byte(value) == Some(b':') || self.url_start(spaces).is_some() => {
                return None;
            }
            ':' if self.byte(value) == Some(b'=') => value += 1,
            '=' if matches!(self.byte(value), Some(b'>' | b'=')) => value += 1,
            ':' | '=' | '\u{FF1A}' | '\u{FF1D}' => {}
            '%' if self.is(spaces, "%3D") || self.is(spaces, "%3A") => value += 2,
            'u' if at > end && self.is(at - 1, "\\u003d") => value = at + 5,
            _ => return None,
        }
        Some(self.after_spaces(value))
    }

    pub(super) fn parameter(&mut self, value: usize) {
        self.value(value, Extent::Word, false);
    }

    /// Hides the value that begins at a position, and continues after it.
    fn value(&mut self, start: usize, extent: Extent, has_name: bool) {
        self.hide_value(start, extent, has_name);
        let is_punctuation = |c| matches!(c, '.' | ':' | '!' | '?');
        self.value_stop = Some(self.end_where(self.at, |c| !is_punctuation(c)));
    }

    fn hide_value(&mut self, start: usize, extent: Extent, has_name: bool) {
        self.at = start;
        let quote = self.end_where(start, |c| c != '\\');
        if let Some(mark @ (b'"' | b'\'' | b'`')) = self.byte(quote) {
            let end = self.quoted_end(quote + 1, mark, quote - start);
            self.hide(quote + 1..end);
            self.at = end;
            return;
        }
        if self.byte(start) == Some(b'[') {
            let end = self.end_where(start, |c| matches!(c, ']' | '\n'));
            self.hide_list(start + 1, end);
            self.at = end;
            return;
        }
        if extent == Extent::Authorization {
            let scheme = self.atom_end(start);
            let after = self.after_spaces(scheme);
            if after > scheme && is_scheme(self.slice(start..scheme)) {
                self.value(after, Extent::Word, true);
                return;
            }
        }
        let end = if extent == Extent::Line {
            self.end_where(start, |c| matches!(c, '\n' | '\r' | '"' | '\''))
        } else {
            self.enter_word();
            self.value_end(self.user_info_in(start))
        };
        let is_prose = has_name && is_prose(self.slice(start..end));
        if !is_prose {
            self.hide(start..end);
            self.at = end;
        }
    }

    /// Hides the elements of a list. Quotes remain, since they separate words.
    fn hide_list(&mut self, start: usize, end: usize) {
        let list = self.slice(start..end);
        let quote = list.find(['"', '\'']).map_or("", |at| &list[..=at]);
        if quote.trim_start_matches('\\').len() == 1 {
            self.replace(start..end, &format!("{quote}***{quote}"));
        } else if list.contains(ends_word) {
            self.replace(start..end, "*** ***");
        } else {
            self.hide(start..end);
        }
    }

    /// The start of the host, if a value is `user:password@host`.
    fn user_info_in(&self, start: usize) -> usize {
        let Some(end) = self.word.user_end.filter(|end| *end > start) else {
            return start;
        };
        let colon = self.end_where(start, |c| matches!(c, ':' | '@' | '\\') || ends_value(c));
        let is_user = self.byte(colon) == Some(b':') && self.url_start(colon).is_none();
        if is_user { end + 1 } else { start }
    }

    /// The end of a value in quotes that begin with a number of backslashes: the next such quote.
    fn quoted_end(&self, start: usize, mark: u8, escapes: usize) -> usize {
        let (mut at, mut backslashes) = (start, 0);
        while let Some(c) = self.char(at) {
            if c == char::from(mark) {
                let is_end = backslashes <= escapes || escapes == 0 && backslashes % 2 == 0;
                if is_end {
                    return at - backslashes.min(escapes);
                }
            }
            backslashes = if c == '\\' { backslashes + 1 } else { 0 };
            at += c.len_utf8();
        }
        at
    }

    /// The end of a value without quotes, before punctuation of the sentence around it.
    pub(super) fn value_end(&self, start: usize) -> usize {
        let mut at = start;
        while let Some(c) = self.char(at) {
            let ends = match c {
                '\\' => {
                    let after = self.end_where(at, |c| c != '\\');
                    let next = self.byte(after);
                    if matches!(next, None | Some(b'"' | b'\'' | b'n' | b'r' | b't'))
                        || self.is_unicode_escape(after - 1)
                    {
                        true
                    } else {
                        at = after;
                        continue;
                    }
                }
                c => ends_value(c),
            };
            if ends {
                break;
            }
            at += c.len_utf8();
        }
        let value = self.slice(start..at);
        start + value.trim_end_matches(['.', ':', '!', '?']).len()
    }
}

/// Ends a value without quotes.
fn ends_value(c: char) -> bool {
    ends_word(c) || matches!(c, ',' | ';' | '&' | ')' | ']' | '}' | '|')
}
