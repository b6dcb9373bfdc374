//! Exact comparisons of text in spite of the padding of `utf8mb4_bin` in `MySQL`.
//!
//! The collation compares as if the shorter text were padded with spaces: `'a'` equals `'a '`, and `"a\t"` is
//! less than `'a'`, since a tab is less than a space. Key columns contain neither trailing spaces nor
//! control characters, so that both orders are the same for them.

use genledger_contract::table::{ColumnType, TableDef};

/// Whether the column compares with this text byte by byte.
pub(super) fn column_is_exact(table: &TableDef, column: usize, text: &str) -> bool {
    let column = &table.columns[column];
    let clean = !text.ends_with(' ') && text.chars().all(|char| char >= ' ');
    // UUIDs are hexadecimal digits.
    clean && (table.is_key_column(column.name) || matches!(column.column_type, ColumnType::Uuid(_)))
}

/// A lower bound in the padded order for every text that is at least this one in the order of bytes.
/// Such a text may continue with a control character, which is less than the space of the padding; no
/// text contains NUL.
pub(super) fn lower_bound(text: &str) -> String {
    format!("{text}\0")
}

/// An upper bound in the padded order for every text that is at most this one in the order of bytes. A
/// text that is at most `"a\t"` may be `'a'`, which is greater when padded, so the bound ignores
/// everything from the first control character on.
pub(super) fn upper_bound(text: &str) -> String {
    let clean = text.split(|char| char < ' ').next().unwrap_or_default();
    format!("{clean}\u{10FFFF}")
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::{lower_bound, upper_bound};

    /// The order of `utf8mb4_bin`.
    fn padded(left: &str, right: &str) -> Ordering {
        let length = left.chars().count().max(right.chars().count());
        let pad = |text: &str| -> Vec<char> {
            text.chars()
                .chain(std::iter::repeat(' '))
                .take(length)
                .collect()
        };
        pad(left).cmp(&pad(right))
    }

    fn texts() -> Vec<String> {
        let alphabet = ['\u{1}', '\t', ' ', 'a', 'b', '\u{10FFFF}'];
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..3 {
            last = last
                .iter()
                .flat_map(|text| alphabet.iter().map(move |char| format!("{text}{char}")))
                .collect();
            all.extend(last.clone());
        }
        all
    }

    #[test]
    fn the_bounds_hold_for_every_text() {
        let texts = texts();
        for bound in &texts {
            let (low, high) = (lower_bound(bound), upper_bound(bound));
            for text in &texts {
                if text >= bound {
                    assert_ne!(padded(text, &low), Ordering::Less, "{text:?} {bound:?}");
                }
                if text <= bound {
                    assert_ne!(padded(text, &high), Ordering::Greater, "{text:?} {bound:?}");
                }
            }
        }
    }

    #[test]
    fn the_range_of_a_prefix_holds_every_text_with_it() {
        let texts = texts();
        for prefix in texts.iter().filter(|text| !text.is_empty()) {
            let (low, high) = (
                lower_bound(prefix),
                genledger_contract::statement::successor(prefix),
            );
            for text in texts
                .iter()
                .filter(|text| text.starts_with(prefix.as_str()))
            {
                assert_ne!(padded(text, &low), Ordering::Less, "{text:?} {prefix:?}");
                if let Some(high) = &high {
                    assert_eq!(padded(text, high), Ordering::Less, "{text:?} {prefix:?}");
                }
            }
        }
    }
}
