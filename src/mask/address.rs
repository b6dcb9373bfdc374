//! IP addresses.

use std::net::Ipv6Addr;

use super::chars::is_unspaced_script;
use super::scanner::Scanner;

/// The longest text of an IPv6 address, with four decimal numbers at its end.
const LONGEST: usize = 45;

impl Scanner<'_> {
    /// Hides an IPv6 address at the position, with its zone.
    pub(super) fn ipv6(&mut self, c: char) -> bool {
        // The address may follow a word of a script without spaces.
        let atom = self.at;
        let mut start = self.end_where(atom, |c| !is_unspaced_script(c));
        let c = if start == atom {
            Some(c)
        } else {
            self.char(start)
        };
        if start < self.ipv6_from || !c.is_some_and(|c| c == ':' || c.is_ascii_hexdigit()) {
            return false;
        }
        let group = self.end_where(start, |c| !c.is_ascii_hexdigit());
        if self.byte(group) == Some(b'.') {
            return false;
        }
        let is_colon = c == Some(':');
        let is_double = is_colon && self.byte(start + 1) == Some(b':');
        if is_colon && !is_double && start > atom {
            // The address is another atom.
            return false;
        }
        // Only the last group has dots.
        let groups = self.end_where(start, |c| !c.is_ascii_hexdigit() && c != ':');
        let run = self.end_where(groups, |c| !c.is_ascii_hexdigit() && c != '.');
        self.ipv6_from = run;
        if run - start > LONGEST + 2 {
            return false;
        }
        if is_colon && !is_double {
            // The colon after a name.
            start += 1;
        } else if is_double && start == atom && self.before(start).is_some_and(is_joined) {
            // `std::io`
            return false;
        }
        let text = self.slice(start..run);
        let is_followed = self
            .byte(run)
            .is_some_and(|byte| is_name(byte) || byte == b'*');
        let whole = if is_followed { None } else { address_at(text) };
        // The last group may be the beginning of a word.
        let cut = || {
            text.rfind(':')
                .and_then(|colon| address_at(&text[..=colon]))
        };
        let Some(length) = whole.or_else(cut) else {
            return false;
        };
        let mut end = start + length;
        if self.byte(end) == Some(b'%') {
            end = self.end_where(end + 1, |c| {
                !c.is_ascii_alphanumeric() && !"._-".contains(c)
            });
        }
        // What is attached would belong to the same atom in a second pass.
        end = self.atom_end(end);
        let ending = self.hide_atom(start, end);
        self.follow(
            if is_colon && !is_double { start } else { atom },
            end,
            ending,
        );
        true
    }

    /// Hides the IPv4 addresses in a part of an atom; returns whether the last one ends with it.
    pub(super) fn ipv4(&mut self, start: usize, end: usize) -> bool {
        let bytes = self.slice(start..end).as_bytes();
        let (mut at, mut is_last) = (0, false);
        while at < bytes.len() {
            if !bytes[at].is_ascii_digit() {
                at += 1;
                continue;
            }
            let (numbers, run_end) = numbers(bytes, at);
            // Five numbers are an address and a port, more are another kind of number.
            let is_address = matches!(numbers.as_slice(), [a, b, c, d, ..]
                if numbers.len() <= 5 && [a, b, c, d].iter().all(|n| is_octet(&bytes[n.0..n.1])));
            let is_version = at == 1 && matches!(bytes[0], b'v' | b'V');
            is_last = false;
            if is_address && !is_version {
                let address = start + at..start + numbers[3].1;
                self.replace(address, "***.***.***.***");
                is_last = numbers.len() == 4 && bytes[run_end..].iter().all(|byte| *byte == b'*');
            }
            at = run_end;
        }
        is_last
    }
}

/// The bounds of numbers with a dot between each two of them, and where the last one ends.
fn numbers(bytes: &[u8], start: usize) -> (Vec<(usize, usize)>, usize) {
    let (mut found, mut at) = (Vec::new(), start);
    loop {
        let begin = at;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        found.push((begin, at));
        let more =
            bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if !more {
            return (found, at);
        }
        at += 1;
    }
}

pub(super) fn is_ipv4(text: &str) -> bool {
    let mut count = 0;
    text.split('.').all(|part| {
        count += 1;
        is_octet(part.as_bytes())
    }) && count == 4
}

fn is_octet(digits: &[u8]) -> bool {
    let number = digits.iter().try_fold(0_u16, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u16::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    });
    matches!(digits.len(), 1..=3) && number.is_some_and(|number| number <= 255)
}

/// Whether a byte before `::` is a part of a longer word.
const fn is_joined(byte: u8) -> bool {
    is_name(byte) || matches!(byte, b'*' | b'-' | b'+' | b'.') || !byte.is_ascii()
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The length of an address without the punctuation after it.
fn address_at(text: &str) -> Option<usize> {
    let text = text.trim_end_matches('.');
    let is_double = text.ends_with("::") && !text.ends_with(":::");
    let colon = usize::from(text.ends_with(':') && !is_double);
    let length = text.len() - colon;
    is_ipv6(&text[..length]).then_some(length)
}

/// `a::b` is a path in many languages: an address has a digit, or three groups.
fn is_ipv6(text: &str) -> bool {
    let groups = text.split(':').filter(|group| !group.is_empty()).count();
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    (has_digit || groups >= 3) && text.parse::<Ipv6Addr>().is_ok()
}
