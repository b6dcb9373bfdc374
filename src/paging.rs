//! Which page of a listing.

use genledger_contract::{Cursor, DEFAULT_PAGE_SIZE};

/// Which page of a listing: how many rows, and after which cursor.
///
/// A size outside of 1 to 1000 ([`MAX_PAGE_SIZE`](genledger_contract::MAX_PAGE_SIZE)), and a cursor
/// of another listing, are refused by the listing with
/// [`Invalid`](genledger_contract::ErrorKind::Invalid).
///
/// ```
/// use genledger::contract::Cursor;
/// use genledger::paging::Paging;
///
/// let first = Paging::first(20);
/// // A web service takes the cursor from the request, where it is a text that is safe in URLs.
/// let cursor: Option<Cursor> = Some(Cursor::from(String::from("AY3f…")));
/// let next = first.after(cursor);
/// assert_eq!(next.size, 20);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// The most rows of the page, 1 to 1000.
    pub size: u32,
    /// Where the page begins: the `next` of the page before it, none for the first.
    pub after: Option<Cursor>,
}

impl Default for Paging {
    /// The first page of 50 rows.
    fn default() -> Self {
        Self::first(DEFAULT_PAGE_SIZE)
    }
}

impl Paging {
    /// The first page, with at most this many rows.
    #[must_use]
    pub const fn first(size: u32) -> Self {
        Self { size, after: None }
    }

    /// The page after a cursor, or the first.
    #[must_use]
    pub fn after(mut self, cursor: Option<Cursor>) -> Self {
        self.after = cursor;
        self
    }
}
