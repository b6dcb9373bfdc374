//! URLs.

use std::collections::HashSet;

use super::HIDDEN;
use super::address::is_ipv4;
use super::chars::{is_foreign_punctuation, is_unspaced_script};
use super::scanner::Scanner;
use super::secret::find_secret;

/// More backslashes before a slash are not an escape.
const ESCAPES: usize = 8;

impl Scanner<'_> {
    /// The position after a slash, which JSON may write as `\/`.
    pub(super) fn after_slash(&self, at: usize) -> Option<usize> {
        let mut slash = at;
        while self.byte(slash) == Some(b'\\') && slash - at < ESCAPES {
            slash += 1;
        }
        (self.byte(slash) == Some(b'/')).then_some(slash + 1)
    }

    pub(super) fn after_slashes(&self, at: usize) -> Option<usize> {
        self.after_slash(at).and_then(|at| self.after_slash(at))
    }

    /// The start of the authority, if `://` is at the position.
    pub(super) fn url_start(&self, at: usize) -> Option<usize> {
        if self.byte(at) != Some(b':') {
            return None;
        }
        self.after_slashes(at + 1)
    }

    /// Hides a URL from its authority on. `opener` is the character before the scheme, whose counterpart ends the URL.
    pub(super) fn url(&mut self, start: usize, opener: Option<u8>) {
        let limit = self.url_limit(start, opener.filter(|opener| *opener != b'&'));
        let authority = self.authority_end(start, limit);
        let limit = self.without_punctuation(start, limit, authority);
        let authority = authority.min(limit);
        let mut output = self.authority(start, authority);
        self.tail(authority, limit, &mut output);
        self.replace(start..limit, &output);
        self.at = limit;
    }

    /// Hides the path and the query after a host without a scheme.
    pub(super) fn url_tail(&mut self, start: usize, opener: Option<u8>) {
        let limit = self.url_limit(start, opener.filter(|opener| *opener != b'&'));
        let limit = self.without_punctuation(start, limit, start);
        let mut output = String::new();
        self.tail(start, limit, &mut output);
        self.replace(start..limit, &output);
        self.at = limit;
    }

    /// Hides everything after `%3A%2F%2F`.
    pub(super) fn encoded_url(&mut self, start: usize) {
        let limit = self.url_limit(start, Some(b'&'));
        let limit = self.without_punctuation(start, limit, start);
        self.hide(start..limit);
        self.at = limit;
    }

    fn url_limit(&self, start: usize, opener: Option<u8>) -> usize {
        let (open, close) = match opener {
            Some(b'(') => ('(', ')'),
            Some(b'[') => ('[', ']'),
            Some(b'{') => ('{', '}'),
            Some(b'\'') => ('\0', '\''),
            // A value of another query.
            Some(b'&') => ('\0', '&'),
            _ => ('\0', '\0'),
        };
        let (mut at, mut depth) = (start, 0_usize);
        while let Some(c) = self.char(at) {
            if c == open && open != '\0' {
                depth += 1;
            } else if c == close && close != '\0' {
                if depth == 0 {
                    break;
                }
                depth -= 1;
            } else if c == '\\' {
                let after = self.end_where(at, |c| c != '\\');
                let is_end = match self.byte(after) {
                    None | Some(b'"' | b'\'' | b'n' | b'r' | b't' | b' ') => true,
                    Some(_) => false,
                };
                if is_end {
                    break;
                }
                at = after;
                continue;
            } else if matches!(c, '"' | '<' | '>' | '`' | '|')
                || c.is_whitespace()
                || c.is_control()
                || is_foreign_punctuation(c)
            {
                break;
            }
            at += c.len_utf8();
        }
        at
    }

    fn authority_end(&self, start: usize, limit: usize) -> usize {
        let authority = self.slice(start..limit);
        authority
            .find(['/', '\\', '?', '#'])
            .map_or(limit, |at| start + at)
    }

    /// The end of a URL without the punctuation of the sentence around it.
    fn without_punctuation(&self, start: usize, limit: usize, authority: usize) -> usize {
        let text = self.slice(start..limit);
        let bracket = text.find('[').unwrap_or(text.len());
        let mut end = text.len();
        while let Some(last) = text[..end].chars().next_back() {
            let closes_host = last == ']' && start + end <= authority && bracket < end;
            if closes_host || !".,;:!?'\")]}".contains(last) {
                break;
            }
            end -= 1;
        }
        start + end
    }

    /// The host without user info and port.
    fn authority(&self, start: usize, end: usize) -> String {
        let text = self.slice(start..end);
        let from = text.rfind('@').map_or(0, |at| at + 1);
        let (start, text) = (start + from, &text[from..]);
        if text.starts_with('[') && text.contains(']') {
            return format!("[{HIDDEN}]");
        }
        let colon = text.find(':').unwrap_or(text.len());
        let host = text[..colon].trim_end_matches('.');
        if text.is_empty() {
            String::new()
        } else if text[colon..].len() > 1 && text[colon + 1..].contains(':') {
            HIDDEN.to_owned()
        } else if is_ipv4(host) || host == "***.***.***.***" {
            "***.***.***.***".to_owned()
        } else if let Some(domain) = self.domain_of_url(start, start + host.len()) {
            domain
        } else {
            HIDDEN.to_owned()
        }
    }

    /// As many stars as the suffix has labels, so that the depth of the host is hidden as well.
    fn domain_of_url(&self, start: usize, end: usize) -> Option<String> {
        let domain = self.parsed(start, end)?.domain;
        let rest = self.slice(domain.suffix.end..end);
        let stars = "***.".repeat(domain.kept);
        let is_sentence = rest.chars().all(is_unspaced_script);
        is_sentence.then(|| stars + self.slice(domain.suffix.start..end))
    }

    fn tail(&self, start: usize, end: usize, output: &mut String) {
        let text = self.slice(start..end);
        let text = text.find('#').map_or(text, |at| &text[..at]);
        let (path, query) = text
            .find('?')
            .map_or((text, None), |at| (&text[..at], Some(&text[at + 1..])));
        segments(path, output);
        if let Some(query) = query {
            output.push('?');
            parameters(query, output);
        }
    }
}

/// Each segment is hidden; slashes remain, with their backslashes.
fn segments(path: &str, output: &mut String) {
    let mut is_hidden = false;
    for c in path.chars() {
        if matches!(c, '/' | '\\') {
            output.push(c);
            is_hidden = false;
        } else if !is_hidden {
            output.push_str(HIDDEN);
            is_hidden = true;
        }
    }
}

/// Each value is hidden; keys remain if they are words, each once. JSON may write `&` as `\u0026`.
fn parameters(query: &str, output: &mut String) {
    let mut seen = HashSet::new();
    let escaped = query.split("\\u0026");
    let pairs = escaped.enumerate().flat_map(|(part, pairs)| {
        pairs.split('&').enumerate().map(move |(index, pair)| {
            let is_escaped = part > 0 && index == 0;
            (pair, if is_escaped { "\\u0026" } else { "&" })
        })
    });
    for (pair, separator) in pairs.filter(|(pair, _)| !pair.is_empty()) {
        let (key, value) = match pair.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (HIDDEN, None),
        };
        let key = if is_key(key) { key } else { HIDDEN };
        if !seen.insert(key) {
            continue;
        }
        if seen.len() > 1 {
            output.push_str(separator);
        }
        output.push_str(key);
        if let Some(value) = value {
            output.push('=');
            output.push_str(if value.is_empty() { "" } else { HIDDEN });
        }
    }
}

/// Whether the key of a parameter is a word that may be shown.
fn is_key(key: &str) -> bool {
    let is_word = key
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '[' | ']'));
    key.len() <= 28 && is_word && find_secret(key).is_none()
}
