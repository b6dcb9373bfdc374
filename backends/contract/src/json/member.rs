//! The names of JSON members as constant data.

/// For the code that `#[derive(JsonRecord)]` writes: the members of all parts in order.
///
/// # Panics
/// When `N` is not the number of members; in a const context that is a compile error.
#[must_use]
pub const fn concat_names<const N: usize>(parts: &[&[&'static str]]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut next = 0;
    let mut part = 0;
    while part < parts.len() {
        let mut index = 0;
        while index < parts[part].len() {
            names[next] = parts[part][index];
            next += 1;
            index += 1;
        }
        part += 1;
    }
    assert!(next == N, "the number of members does not match");
    names
}
