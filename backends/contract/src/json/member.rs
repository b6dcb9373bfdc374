//! The names of JSON members as constant data.

/// A field and the name that its member has in JSON.
///
/// ```
/// use genledger_contract::{Json, JsonRecord};
///
/// /// A visit.
/// #[derive(Json)]
/// #[json(crate = genledger_contract, rename_all = "PascalCase")]
/// struct Visit {
///     /// Where.
///     page_name: String,
/// }
///
/// assert_eq!(Visit::NAMES[0].field, "page_name");
/// assert_eq!(Visit::NAMES[0].name, "PageName");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonMember {
    /// The field in Rust.
    pub field: &'static str,
    /// The member in JSON.
    pub name: &'static str,
}

/// For the code that `#[derive(Json)]` writes: the members of all parts in order.
///
/// # Panics
/// When `N` is not the number of members; in a const context that is a compile error.
#[must_use]
pub const fn concat_members<const N: usize>(parts: &[&[JsonMember]]) -> [JsonMember; N] {
    let blank = JsonMember {
        field: "",
        name: "",
    };
    let mut members = [blank; N];
    let mut next = 0;
    let mut part = 0;
    while part < parts.len() {
        let mut index = 0;
        while index < parts[part].len() {
            members[next] = parts[part][index];
            next += 1;
            index += 1;
        }
        part += 1;
    }
    assert!(next == N, "the number of members does not match");
    members
}
