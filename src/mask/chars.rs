//! Classes of characters.

/// Characters of one atom: a word, a number, a name of a host, a token. Everything else separates atoms.
pub(super) fn is_atom(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '*' | '+')
    } else {
        !c.is_whitespace() && !c.is_control() && !is_foreign_punctuation(c)
    }
}

/// Punctuation outside of ASCII: quotes, dashes, full-width and CJK punctuation.
pub(super) fn is_foreign_punctuation(c: char) -> bool {
    matches!(
        u32::from(c),
        0xA1..=0xBF
            | 0x2010..=0x206F
            | 0x3000..=0x3004
            | 0x3008..=0x301F
            | 0xFE30..=0xFE6F
            | 0xFF01..=0xFF0F
            | 0xFF1A..=0xFF20
            | 0xFF3B..=0xFF40
            | 0xFF5B..=0xFF65
            | 0xFEFF
            | 0xFFFC..=0xFFFD
    )
}

/// Characters of scripts without spaces between words, where a domain may follow a word directly; also emoji.
pub(super) fn is_unspaced_script(c: char) -> bool {
    matches!(
        u32::from(c),
        0x0E00..=0x0E7F
            | 0x1100..=0x11FF
            | 0x2600..=0x27BF
            | 0x2E80..=0xA4CF
            | 0xAC00..=0xD7FF
            | 0xF900..=0xFAFF
            | 0x1F000..=0x1FAFF
            | 0x20000..=0x3FFFF
    )
}

/// Ends a word: white space, quotes and angle brackets.
pub(super) fn ends_word(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_whitespace() || c.is_ascii_control() || matches!(c, '"' | '\'' | '`' | '<' | '>')
    } else {
        c.is_whitespace() || c.is_control() || is_foreign_punctuation(c)
    }
}
