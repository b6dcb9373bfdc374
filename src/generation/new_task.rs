//! Converts `NewImageTask` and `NewVideoTask` into rows. The structs are derived from the entities, which also have the
//! columns and the rules.

use chrono::{DateTime, Utc};
use genledger_contract::{Error, Result, Violations};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{
    AccountType, ImageModel, ImageTask, ModelTable, NewImageTask, NewVideoTask, Site, Sites,
    Stamps, TaskState, TextList, VideoModel, VideoTask, rules,
};
use crate::id::{GenerationIdGenerator, ImageTaskId, VideoTaskId};
use crate::validate::Validate;

/// The strength of a request with input images that gives none.
const DEFAULT_STRENGTH: Decimal = Decimal::from_parts(50, 0, 0, false, 2);

/// The family on which a task is generated: that of the requested site, otherwise of the sites that offer the model.
fn family(want: Option<Site>, offering: Sites) -> AccountType {
    let of_site = want.and_then(Site::account_type);
    of_site
        .or_else(|| offering.account_type())
        .unwrap_or_default()
}

/// The conversions of a new task; both kinds have the same.
macro_rules! conversions {
    ($new:ident into $task:ident with $id:ident) => {
        impl $new {
            /// The row, with a new id, created at the time of the generator's clock, where the models can do what the
            /// built-in table contains.
            ///
            /// Do this once, before the first attempt to write: writing the same row again is then recognised, while a
            /// second id would be a second row.
            ///
            /// # Errors
            /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with every broken rule.
            pub fn into_task(self, ids: &GenerationIdGenerator) -> Result<$task> {
                self.into_task_with(ids, rules::built_in())
            }

            /// [`into_task`](Self::into_task) with another table of models.
            ///
            /// # Errors
            /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with every broken rule.
            pub fn into_task_with(
                self,
                ids: &GenerationIdGenerator,
                models: &ModelTable,
            ) -> Result<$task> {
                let (id, now) = ids.generate_with_time();
                self.into_task_with_id(id, now, models)
            }

            /// The row with a given id, created at a given time.
            ///
            /// # Errors
            /// [`Invalid`](genledger_contract::ErrorKind::Invalid) with every broken rule.
            pub fn into_task_with_id(
                self,
                id: $id,
                now: DateTime<Utc>,
                models: &ModelTable,
            ) -> Result<$task> {
                let task = self.completed(id, now, models);
                task.violations_with(models)
                    .into_result()
                    .map_err(Error::from)?;
                Ok(task)
            }
        }

        /// The rules are those of the task that it becomes.
        impl Validate for $new {
            fn violations(&self) -> Violations {
                let (id, models) = ($id::new(Uuid::nil()), rules::built_in());
                let task = self.clone().completed(id, DateTime::UNIX_EPOCH, models);
                task.violations_with(models)
            }
        }
    };
}

conversions!(NewImageTask into ImageTask with ImageTaskId);
conversions!(NewVideoTask into VideoTask with VideoTaskId);

impl NewImageTask {
    /// The row, with the values that were not given.
    fn completed(mut self, id: ImageTaskId, now: DateTime<Utc>, models: &ModelTable) -> ImageTask {
        let name = self.model.clone();
        let name = name.unwrap_or_else(|| ImageModel::DEFAULT.to_owned());
        let model = models.image(&name);
        if !self.input_images.is_empty() {
            self.sample_strength = self.sample_strength.or(Some(DEFAULT_STRENGTH));
        }
        let family = family(self.request.want_site, model.sites);
        self.into_entity(
            id,
            name.clone(),
            model.default_resolution().clone(),
            TaskState::pending(family),
            TextList::new(),
            TextList::new(),
            1,
            Stamps::created(now),
        )
    }
}

impl NewVideoTask {
    /// The row, with the values that were not given.
    fn completed(self, id: VideoTaskId, now: DateTime<Utc>, models: &ModelTable) -> VideoTask {
        let name = self.model.clone();
        let name = name.unwrap_or_else(|| VideoModel::DEFAULT.to_owned());
        let model = models.video(&name);
        let family = family(self.request.want_site, model.sites);
        self.into_entity(
            id,
            name.clone(),
            model.default_resolution().clone(),
            model.default_duration(),
            TaskState::pending(family),
            TextList::new(),
            TextList::new(),
            1,
            Stamps::created(now),
        )
    }
}
