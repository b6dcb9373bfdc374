//! Secrets that are recognised by their form.

/// Beginnings of tokens, and how many characters follow at least. Longer ones first.
const PREFIXES: &[(&str, usize)] = &[
    ("sk-", 6),
    ("sk_live_", 8),
    ("sk_test_", 8),
    ("rk_live_", 8),
    ("pk_live_", 8),
    ("AIza", 16),
    ("ya29.", 8),
    ("GOCSPX-", 8),
    ("eyJ", 12),
    ("AKIA", 12),
    ("ASIA", 12),
    ("ABSK", 16),
    ("ghp_", 12),
    ("gho_", 12),
    ("ghu_", 12),
    ("ghs_", 12),
    ("ghr_", 12),
    ("github_pat_", 12),
    ("glpat-", 10),
    ("xoxb-", 8),
    ("xoxp-", 8),
    ("xoxa-", 8),
    ("xoxs-", 8),
    ("xapp-", 8),
    ("hf_", 16),
    ("gsk_", 16),
    ("xai-", 16),
    ("r8_", 16),
    ("fw_", 16),
    ("nvapi-", 12),
    ("pplx-", 16),
    ("tvly-", 8),
    ("npm_", 20),
    ("dop_v1_", 16),
    ("SG.", 20),
    ("whsec_", 12),
    ("shpat_", 12),
    ("sess-", 16),
    ("org-", 20),
    ("proj_", 20),
    ("Bearer+", 4),
];

/// A run of this many letters and digits, with several of each kind, is random.
const RANDOM: usize = 40;

/// Where the first secret in an atom begins; it extends to the end of the atom.
pub(super) fn find_secret(atom: &str) -> Option<usize> {
    let bytes = atom.as_bytes();
    let known = known_or_random(bytes);
    known.into_iter().chain(half_hidden(bytes)).min()
}

fn known_or_random(bytes: &[u8]) -> Option<usize> {
    let mut run = Run::default();
    for (at, byte) in bytes.iter().enumerate() {
        let is_first = at == 0 || !bytes[at - 1].is_ascii_alphabetic();
        if is_first && has_prefix(&bytes[at..]) {
            return Some(at);
        }
        if run.accept(at, *byte) {
            return Some(run.start);
        }
    }
    None
}

fn has_prefix(bytes: &[u8]) -> bool {
    PREFIXES.iter().any(|(prefix, least)| {
        let Some(rest) = bytes.strip_prefix(prefix.as_bytes()) else {
            return false;
        };
        let is_token = |byte: &&u8| {
            byte.is_ascii_alphanumeric() || matches!(**byte, b'_' | b'-' | b'.' | b'*')
        };
        rest.iter().take(*least).take_while(is_token).count() == *least
    })
}

/// Letters and digits without anything in between.
#[derive(Default)]
struct Run {
    start: usize,
    length: usize,
    upper: usize,
    lower: usize,
    digits: usize,
}

impl Run {
    fn accept(&mut self, at: usize, byte: u8) -> bool {
        if !byte.is_ascii_alphanumeric() {
            *self = Self {
                start: at + 1,
                ..Self::default()
            };
            return false;
        }
        self.length += 1;
        self.upper += usize::from(byte.is_ascii_uppercase());
        self.lower += usize::from(byte.is_ascii_lowercase());
        self.digits += usize::from(byte.is_ascii_digit());
        self.length >= RANDOM && self.upper >= 3 && self.lower >= 3 && self.digits >= 3
    }
}

/// `abcd****wxyz`: a key of which an upstream shows the ends.
fn half_hidden(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < bytes.len() {
        let stars = bytes[at..].iter().take_while(|byte| **byte == b'*').count();
        let before = at.checked_sub(1).map(|at| bytes[at]);
        let after = bytes.get(at + stars);
        if stars >= 3
            && before.is_some_and(|b| b.is_ascii_alphanumeric())
            && after.is_some_and(u8::is_ascii_alphanumeric)
        {
            let is_key =
                |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'*');
            let before = bytes[..at].iter().rposition(|byte| !is_key(byte));
            return Some(before.map_or(0, |before| before + 1));
        }
        at += stars.max(1);
    }
    None
}
