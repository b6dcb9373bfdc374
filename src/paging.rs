//! `Paging`, the page of a listing that is requested, and `Listing`, the page that is returned.

use genledger_contract::json::integer;
use genledger_contract::query::DEFAULT_PAGE_SIZE;
use genledger_contract::session::Unreadable;
use genledger_contract::{Cursor, Entity, Error, Page};
use serde::{Deserialize, Deserializer, Serialize};

use crate::json::value_free_json;

/// The page of a listing that is requested: its size, and the cursor after which it begins.
///
/// A size outside of 1 to 1000 ([`MAX_PAGE_SIZE`](genledger_contract::query::MAX_PAGE_SIZE)), and a cursor
/// of another listing, are refused by the listing with
/// [`Invalid`](genledger_contract::ErrorKind::Invalid).
///
/// ```
/// use genledger::contract::Cursor;
/// use genledger::paging::Paging;
///
/// let first = Paging::first(20);
/// // A web service gets the cursor from the request, as a text that is safe in URLs.
/// let cursor: Option<Cursor> = Some(Cursor::from(String::from("AY3f…")));
/// let next = first.after(cursor);
/// assert_eq!(next.size, 20);
///
/// // In JSON, and in the query of a URL, each member may be missing. A size may be a text, so that a struct of
/// // all parameters of a URL can flatten it.
/// let paging: Paging = serde_json::from_str(r#"{"size":20}"#)?;
/// assert_eq!(paging, Paging::first(20));
/// assert_eq!(serde_json::from_str::<Paging>(r#"{"size":"20","after":""}"#)?, paging);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", default)]
pub struct Paging {
    /// The most rows of the page, 1 to 1000.
    #[serde(deserialize_with = "integer")]
    pub size: u32,
    /// Where the page begins: the `next` of the page before it, none for the first. An empty text is none.
    #[serde(deserialize_with = "cursor")]
    pub after: Option<Cursor>,
}

fn cursor<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cursor>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.is_empty()).map(Cursor::from))
}

value_free_json!(Paging);

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

/// A page of a listing.
///
/// A row that cannot be read, such as one that another program wrote with a time out of range, does not
/// hide the others: it is not among the items, and its error, which names its table, its column
/// and its key, is in `unreadable`. In JSON it has the members `items`, `unreadable` and `next`.
///
/// ```
/// use genledger::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store = genledger::connect("memory:").await?;
/// store.migrate(genledger::schema::all()).await?;
/// let logs = UsageLogs::new(store.clone());
/// let listing = logs.page(&UsageLogFilter::new(), &Paging::first(20)).await?;
/// for error in &listing.unreadable {
///     eprintln!("a log is not shown: {error}");
/// }
/// # assert!(listing.items.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Listing<T> {
    /// The rows, in the order of the listing.
    pub items: Vec<T>,
    /// The errors of the rows of this page that cannot be read.
    pub unreadable: Vec<Error>,
    /// Where the next page begins; `None` after the last row.
    pub next: Option<Cursor>,
}

impl<T> Listing<T> {
    pub(crate) fn of<E: Entity>(
        page: Page<Result<E, Unreadable<E>>>,
        show: impl Fn(E) -> T,
    ) -> Self {
        let (mut items, mut unreadable) = (Vec::with_capacity(page.items.len()), Vec::new());
        for row in page.items {
            match row {
                Ok(row) => items.push(show(row)),
                Err(row) => unreadable.push(row.error),
            }
        }
        Self {
            items,
            unreadable,
            next: page.next,
        }
    }
}
