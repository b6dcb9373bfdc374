//! Domains and hosts in an atom.

use std::ops::Range;

use super::chars::{is_atom, is_unspaced_script};
use super::scanner::Scanner;
use super::suffix::{Suffix, begins_sentence, is_extension_in_folder, is_second, suffix};

/// A domain: the labels to hide, and the suffix that remains.
pub(super) struct Domain {
    /// From the first label to the dot before the suffix.
    pub(super) hidden: Range<usize>,
    pub(super) labels: usize,
    /// The number of labels of the suffix.
    pub(super) kept: usize,
    pub(super) suffix: Range<usize>,
}

/// What an atom ends with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Domain,
    /// An address, or something that is hidden already.
    Address,
    Other,
}

/// What looks like a domain.
pub(super) struct Parsed<'a> {
    pub(super) domain: Domain,
    class: Suffix,
    start: usize,
    first: &'a str,
    /// The number of labels before the last one.
    labels: usize,
    last: &'a str,
}

impl Scanner<'_> {
    /// Hides the domains and IPv4 addresses in a part of an atom; returns what ends with it.
    pub(super) fn host(&mut self, start: usize, end: usize) -> Ending {
        let mut at = start;
        let mut ending = Ending::Other;
        let text = self.slice(start..end);
        // Two dots separate words, and a dot at the end is that of a sentence.
        for word in text.split("..") {
            let word_end = at + word.trim_end_matches('.').len();
            ending = Ending::Other;
            if let Some(domain) = self.domain(at, word_end) {
                let stars = "***.".repeat(domain.labels);
                self.replace(domain.hidden, stars.trim_end_matches('.'));
                if domain.suffix.end == end {
                    ending = Ending::Domain;
                }
            } else if self.ipv4(at, word_end) && word_end == end {
                ending = Ending::Address;
            }
            at += word.len() + "..".len();
        }
        if text.ends_with(super::HIDDEN) {
            ending = Ending::Address;
        }
        ending
    }

    /// Whether a host begins at the position, after the `@` of a mail.
    pub(super) fn is_host_at(&self, at: usize) -> bool {
        let atom = self.slice(at..self.atom_end(at));
        let word = atom
            .split("..")
            .next()
            .unwrap_or(atom)
            .trim_end_matches('.');
        let end = at + word.len();
        self.domain(at, end).is_some() || super::address::is_ipv4(word)
    }

    /// The domain that a part of an atom consists of.
    pub(super) fn domain(&self, start: usize, end: usize) -> Option<Domain> {
        let parsed = self.parsed(start, end)?;
        self.is_domain(&parsed, end).then_some(parsed.domain)
    }

    /// At least two labels, of which the last is a known suffix.
    pub(super) fn parsed(&self, start: usize, end: usize) -> Option<Parsed<'_>> {
        let part = self.slice(start..end);
        let trimmed = part.trim_start_matches(['.', '-', '+']);
        let (start, part) = (start + part.len() - trimmed.len(), trimmed);
        let dot = part.rfind('.')?;
        let last = &part[dot + 1..];
        let is_end = |c: char| !c.is_ascii_alphanumeric();
        let length = if suffix(last).is_some() {
            None
        } else {
            last.find(is_end)
        };
        let (last, rest) = last.split_at(length.unwrap_or(last.len()));
        let class = suffix(last)?;
        let is_common = ["com", "net", "org"]
            .iter()
            .any(|one| last.eq_ignore_ascii_case(one));
        if rest.starts_with('-') && !is_common {
            return None;
        }
        let (mut labels, mut first, mut second) = (0, "", "");
        for label in part[..dot].split('.') {
            if label.is_empty() {
                return None;
            }
            if labels == 0 {
                first = label;
            }
            second = label;
            labels += 1;
        }
        let kept = if labels >= 2 && is_second(second, last) {
            2
        } else {
            1
        };
        let hidden_end = if kept == 2 {
            dot - second.len() - 1
        } else {
            dot
        };
        let domain = Domain {
            hidden: self.unspaced(start, start + first.len())..start + hidden_end,
            labels: labels + 1 - kept,
            kept,
            suffix: start + hidden_end + 1..start + dot + 1 + last.len(),
        };
        Some(Parsed {
            domain,
            class,
            start,
            first,
            labels,
            last,
        })
    }

    /// Whether it is a domain where it stands, and not a file or a member in code.
    fn is_domain(&self, parsed: &Parsed<'_>, end: usize) -> bool {
        let (start, last) = (parsed.start, parsed.last);
        let before = self.before(start);
        let is_host = before == Some(b'/') && start >= 2 && self.byte(start - 2) == Some(b'/');
        let in_folder = matches!(before, Some(b'/' | b'\\')) && !is_host;
        if in_folder && is_extension_in_folder(last) {
            return false;
        }
        let is_pair = parsed.labels == 1;
        if is_pair && begins_sentence(last) {
            return false;
        }
        match parsed.class {
            Suffix::Domain => true,
            Suffix::Extension => !is_pair,
            Suffix::Member => {
                let is_called = matches!(self.byte(end), Some(b'(' | b'['));
                let is_object = ["self", "this", "cls", "super"].contains(&parsed.first);
                let is_library = parsed.first.starts_with("lib") && last.eq_ignore_ascii_case("so");
                !(is_object || is_library || is_called)
            }
        }
    }

    /// The start of what a word of another script without spaces leaves of a label.
    pub(super) fn unspaced(&self, start: usize, end: usize) -> usize {
        let label = self.slice(start..end);
        let last = label.char_indices().rfind(|(_, c)| is_unspaced_script(*c));
        let after = last.map_or(0, |(at, c)| at + c.len_utf8());
        if after == label.len() {
            start
        } else {
            start + after
        }
    }

    /// What follows a host that is not in a URL: a port remains, a path is hidden.
    pub(super) fn after_host(&mut self, opener: Option<u8>, is_address: bool) {
        if self.byte(self.at) == Some(b']') {
            self.at += 1;
        }
        let mut at = self.at;
        if self.byte(at) == Some(b':') {
            let port = self.end_where(at + 1, |c| !c.is_ascii_digit());
            let is_port = matches!(port - at, 2..=6) && !self.char(port).is_some_and(is_atom);
            if is_port {
                at = port;
            }
        }
        if let Some(end) = self.prefix_length(at, is_address) {
            self.at = end;
            return;
        }
        if self.is(at, "%2F") || self.is(at, "%3F") {
            self.encoded_url(at + "%2F".len());
            return;
        }
        let has_tail = self.after_slash(at).is_some() || matches!(self.byte(at), Some(b'?' | b'#'));
        if has_tail {
            self.url_tail(at, opener);
        }
    }

    /// The end of `/24`, after an address.
    fn prefix_length(&self, at: usize, is_address: bool) -> Option<usize> {
        if !is_address || self.byte(at) != Some(b'/') {
            return None;
        }
        let digits = self.end_where(at + 1, |c| !c.is_ascii_digit());
        let after = self.end_where(digits, |c| c != '.');
        let is_length = matches!(digits - at, 2..=4)
            && !matches!(
                self.byte(digits),
                Some(b'/' | b'?' | b'#' | b'%' | b'\\' | b'=')
            )
            && !self.char(after).is_some_and(is_atom);
        is_length.then_some(digits)
    }
}
