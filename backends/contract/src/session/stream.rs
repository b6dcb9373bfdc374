//! All rows of a query, in keyset batches.

use std::future::Future;
use std::sync::Arc;

use futures_core::Stream;
use futures_util::{TryStreamExt, stream};

use crate::entity::mapping::Entity;
use crate::error::Result;
use crate::query::page::{Page, Query};
use crate::session::ext::SessionExt;
use crate::session::read::Unreadable;
use crate::session::transaction::Session;

impl dyn Session {
    /// All rows of a query as a stream, read in keyset batches of the query's page size.
    ///
    /// Outside of a transaction it holds no connection between batches and is not a snapshot: a row that is
    /// inserted after the current position appears, one before it does not.
    pub fn stream<E: Entity>(
        self: Arc<Self>,
        query: Query<E>,
    ) -> impl Stream<Item = Result<E>> + Send + Unpin + 'static + use<E> {
        let read = move |query: Query<E>| {
            let session = Arc::clone(&self);
            async move { Ok((session.page(&query).await?, query)) }
        };
        pages(query, read)
    }

    /// `stream` in which a row that cannot be read is yielded as an error, instead of ending the stream.
    pub fn stream_lenient<E: Entity>(
        self: Arc<Self>,
        query: Query<E>,
    ) -> impl Stream<Item = Result<Result<E, Unreadable<E>>>> + Send + Unpin + 'static + use<E>
    {
        let read = move |query: Query<E>| {
            let session = Arc::clone(&self);
            async move { Ok((session.page_lenient(&query).await?, query)) }
        };
        pages(query, read)
    }
}

/// The rows of one page after the other, each read with its query.
fn pages<E: Entity, T: Send + 'static, F>(
    query: Query<E>,
    read: impl Fn(Query<E>) -> F + Send + 'static,
) -> impl Stream<Item = Result<T>> + Send + Unpin + 'static
where
    F: Future<Output = Result<(Page<T>, Query<E>)>> + Send + 'static,
{
    // Unfolds pages, not rows: an unfolded item is moved several times, and rows are large.
    let pages = stream::try_unfold(Some(query), move |query| {
        let page = query.map(&read);
        async move {
            let Some(page) = page else { return Ok(None) };
            let (page, query) = page.await?;
            let rest = page.next.map(|cursor| query.after(cursor));
            Result::<Option<(Vec<T>, _)>>::Ok(Some((page.items, rest)))
        }
    });
    let rows = pages.map_ok(|items| stream::iter(items.into_iter().map(Ok)));
    Box::pin(rows.try_flatten())
}
