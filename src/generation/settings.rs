//! What the verbs of leases, with a task or without one, need beside the store.

use std::sync::Arc;

use super::{CoolDowns, FailurePolicy, ModelTable, StandardFailures, rules};
use crate::id::GenerationIdGenerator;

/// The rules of a service, and the ids of new attempts.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) policy: Arc<dyn FailurePolicy>,
    pub(super) cool_downs: CoolDowns,
    pub(super) ids: Arc<GenerationIdGenerator>,
    /// The built-in table if there is no other.
    models: Option<Arc<ModelTable>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            policy: Arc::new(StandardFailures),
            cool_downs: CoolDowns::default(),
            ids: Arc::new(GenerationIdGenerator::system()),
            models: None,
        }
    }
}

impl Settings {
    pub(super) fn with_models(self, models: Arc<ModelTable>) -> Self {
        let models = Some(models);
        Self { models, ..self }
    }

    pub(super) fn models(&self) -> &ModelTable {
        self.models.as_deref().unwrap_or_else(|| rules::built_in())
    }
}
