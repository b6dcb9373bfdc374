//! Atoms: words, numbers, hosts and tokens. What an atom is depends on itself and on what follows it.

use super::chars::is_unspaced_script;
use super::domain::Ending;
use super::scanner::Scanner;
use super::secret::find_secret;

impl Scanner<'_> {
    /// Masks the atom at the position, and then what follows it.
    ///
    /// What follows depends only on the masked atom, which is what a second pass finds: `***` is followed by the
    /// same things as an address.
    pub(super) fn atom(&mut self) {
        let (start, mut end) = (self.at, self.atom_end(self.at));
        self.at = end;
        if self.pem(start) {
            return;
        }
        let api = self.after_api.take();
        if self.byte(end) == Some(b'@') && self.is_host_at(end + 1) {
            let local = self.unspaced(start, end);
            self.hide(local..end);
            return;
        }
        let secret = find_secret(self.slice(start..end));
        let ending = if let Some(secret) = secret {
            let before = self.slice(start..start + secret);
            let word = before
                .rfind(is_unspaced_script)
                .map_or(start, |at| self.after_char(start + at));
            self.host(start, word);
            end = self.attached(end);
            self.hide_atom(word, end)
        } else {
            self.host(start, end)
        };
        let has_name = secret.is_none() && self.url_start(end).is_none();
        if ending == Ending::Other && self.is_arn(start, end)
            || has_name && self.secret_after(start, end, api)
        {
            return;
        }
        self.follow(start, end, ending);
    }

    /// Hides what follows an atom that is masked.
    pub(super) fn follow(&mut self, start: usize, end: usize, ending: Ending) {
        if let Some(url) = self.url_start(end) {
            self.url(url, self.before(start));
        } else if self.is(end, "%3A%2F%2F") {
            self.encoded_url(end + "%3A%2F%2F".len());
        } else if self.is_parameter(start) && self.byte(end) == Some(b'=') {
            self.parameter(end + 1);
        } else if ending != Ending::Other {
            self.after_host(self.before(start), ending == Ending::Address);
        }
    }

    /// A character between atoms.
    pub(super) fn separator(&mut self, c: char) {
        let start = self.at;
        self.at += c.len_utf8();
        match c {
            ':' => {
                if let Some(url) = self.url_start(start) {
                    self.url(url, None);
                }
            }
            // The letter of an escape is not a part of the next atom.
            '\\' => match self.byte(self.at) {
                Some(b'n' | b'r' | b't') => self.at += 1,
                Some(b'u') if self.is_unicode_escape(start) => self.at += 5,
                Some(b'\\') => {
                    let backslashes = self.end_where(self.at, |c| c != '\\');
                    self.at = backslashes - 1;
                }
                _ => {}
            },
            _ => {}
        }
    }

    /// Whether `\uXXXX` is at the position.
    pub(super) fn is_unicode_escape(&self, at: usize) -> bool {
        let digit = |at| self.byte(at).is_some_and(|byte| byte.is_ascii_hexdigit());
        self.is(at, "\\u") && (at + 2..at + 6).all(digit)
    }

    /// The private key in a PEM, also with `\n` in the place of line ends.
    fn pem(&mut self, start: usize) -> bool {
        const BEGIN: &str = "-----BEGIN";
        if !self.is(start, BEGIN) {
            return false;
        }
        let label = self.end_where(start + BEGIN.len(), |c| !c.is_ascii_uppercase() && c != ' ');
        let is_key = self.slice(start..label).ends_with("PRIVATE KEY");
        if !is_key || !self.is(label, "-----") {
            return false;
        }
        let body = label + "-----".len();
        let rest = self.slice(body..self.len());
        let end = rest.find("-----END").map_or(self.len(), |end| body + end);
        self.hide(body..end);
        self.at = end;
        if end < self.len() {
            self.at = self.atom_end(end);
        }
        true
    }

    /// Where a secret ends that continues as base64 after an atom.
    fn attached(&self, end: usize) -> usize {
        let mut at = end;
        while matches!(self.byte(at), Some(b'/' | b'=')) {
            at = self.atom_end(at + 1);
        }
        at
    }

    /// Hides an atom except for dots at its end, and continues after it.
    pub(super) fn hide_atom(&mut self, start: usize, end: usize) -> Ending {
        let dots = self.dots_before(end);
        self.hide(start..end - dots);
        self.at = end;
        if dots == 0 {
            Ending::Address
        } else {
            Ending::Other
        }
    }

    /// `arn:aws:iam::123456789012:user/name`: the account, and in the services of identities the name.
    fn is_arn(&mut self, start: usize, end: usize) -> bool {
        if end - start != 3 || !self.is(start, "arn") {
            return false;
        }
        let mut fields = [end; 5];
        for index in 0..fields.len() {
            let from = if index == 0 { end } else { fields[index - 1] };
            if self.byte(from) != Some(b':') {
                return false;
            }
            fields[index] = self.atom_end(from + 1);
        }
        // partition, service, region, account, resource
        let service = self.slice(fields[0] + 1..fields[1]);
        self.hide(fields[2] + 1..fields[3]);
        self.at = fields[3];
        if matches!(service, "iam" | "sts") {
            self.at = fields[4];
            if self.byte(self.at) == Some(b'/') {
                let name = self.value_end(self.at + 1);
                self.hide(self.at + 1..name);
                self.at = name;
            }
        }
        true
    }
}
