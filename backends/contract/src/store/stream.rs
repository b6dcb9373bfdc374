//! All rows of a query, in keyset batches.

use std::sync::Arc;

use futures_core::Stream;
use futures_util::{TryStreamExt, stream};

use crate::entity::Entity;
use crate::error::Result;
use crate::page::Query;
use crate::session::{Session, SessionExt};

pub(super) fn rows<E: Entity>(
    session: Arc<dyn Session>,
    query: Query<E>,
) -> impl Stream<Item = Result<E>> + Send + Unpin + 'static {
    // Unfolds pages, not rows: what is unfolded moves several times, and rows are large.
    let pages = stream::try_unfold(Some(query), move |query| {
        let session = Arc::clone(&session);
        async move {
            let Some(query) = query else { return Ok(None) };
            let page = session.page(&query).await?;
            let rest = page.next.map(|cursor| query.after(cursor));
            Result::<Option<(Vec<E>, _)>>::Ok(Some((page.items, rest)))
        }
    });
    let rows = pages.map_ok(|items| stream::iter(items.into_iter().map(Ok)));
    Box::pin(rows.try_flatten())
}
