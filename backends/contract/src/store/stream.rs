//! All rows of a query, in keyset batches.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_core::Stream;
use futures_util::stream;

use crate::entity::Entity;
use crate::error::Result;
use crate::page::Query;
use crate::session::{Session, SessionExt};

struct State<E> {
    session: Arc<dyn Session>,
    query: Query<E>,
    batch: VecDeque<E>,
    more: bool,
}

pub(super) fn rows<E: Entity>(
    session: Arc<dyn Session>,
    query: Query<E>,
) -> impl Stream<Item = Result<E>> + Send + Unpin + 'static {
    let state = State {
        session,
        query,
        batch: VecDeque::new(),
        more: true,
    };
    Box::pin(stream::try_unfold(state, |mut state| async move {
        while state.batch.is_empty() && state.more {
            let page = state.session.page(&state.query).await?;
            state.batch = page.items.into();
            state.more = page.next.is_some();
            state.query = state.query.after_maybe(page.next);
        }
        Ok(state.batch.pop_front().map(|item| (item, state)))
    }))
}
