//! Caches rendered statements by their shape.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use crate::shape::Shape;

/// The capacity: more shapes than an application has, unless it generates filters.
const CAPACITY: usize = 2_000;

/// A rendered statement.
#[derive(Debug)]
pub(crate) struct Rendered {
    /// The SQL.
    pub(crate) sql: Arc<str>,
    /// For each placeholder, the position of its value among the values of the statement.
    pub(crate) order: Vec<usize>,
}

/// The rendered statements of one dialect. Statements of the same shape have the same text, which the
/// statement caches of the drivers rely on.
pub(crate) struct Cache(LazyLock<RwLock<HashMap<Shape, Arc<Rendered>>>>);

impl Cache {
    pub(crate) const fn new() -> Self {
        Self(LazyLock::new(RwLock::default))
    }

    /// Returns the statement of this shape, which is rendered at its first use.
    pub(crate) fn get(
        &self,
        shape: Shape,
        render: impl FnOnce(&Shape) -> Rendered,
    ) -> Arc<Rendered> {
        let known = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&shape)
            .cloned();
        known.unwrap_or_else(|| {
            let rendered = Arc::new(render(&shape));
            let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if all.len() >= CAPACITY {
                all.clear();
            }
            all.insert(shape, Arc::clone(&rendered));
            rendered
        })
    }
}
