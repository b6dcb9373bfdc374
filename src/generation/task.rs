//! `GenerationTask`, what image and video tasks have in common.

use std::fmt;
use std::hash::Hash;

use genledger_contract::entity::{Column, Embeds, Unindexed, Versioned};
use genledger_contract::{Entity, Field, JsonRecord, Violations};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{
    ImageTask, Medium, ModelTable, Sites, Stamps, TaskRequest, TaskState, TextList, VideoTask,
};
use crate::id::{ImageTaskId, VideoTaskId};
use crate::validate::Validate;

/// A task of one kind: [`ImageTask`] or [`VideoTask`].
///
/// ```
/// use genledger::generation::{GenerationTask, ImageTask, Medium, VideoTask};
///
/// assert_eq!(ImageTask::MEDIUM, Medium::Image);
/// assert_eq!(VideoTask::TOPIC, "generation.video");
/// ```
pub trait GenerationTask:
    Entity<Key = Self::Id>
    + Versioned
    + Embeds<TaskRequest>
    + Embeds<TaskState>
    + Embeds<Stamps>
    + JsonRecord
    + Serialize
    + DeserializeOwned
    + Validate
    + fmt::Debug
    + PartialEq
{
    /// The type of its id.
    type Id: Field
        + Copy
        + Eq
        + Hash
        + fmt::Debug
        + fmt::Display
        + From<Uuid>
        + Into<Uuid>
        + Send
        + Sync;

    /// The kind of media.
    const MEDIUM: Medium;

    /// The topic of its events in the outbox.
    const TOPIC: &'static str;

    /// The column of the id.
    const ID: Column<Self, Self::Id>;

    /// The column of the version.
    const VERSION: Column<Self, i64, Unindexed>;

    /// The column of the URLs of the result.
    const URLS: Column<Self, TextList, Unindexed>;

    /// The column of the local paths of the result.
    const LOCAL_PATHS: Column<Self, TextList, Unindexed>;

    /// Its id.
    fn id(&self) -> Self::Id;

    /// What is to be generated.
    fn request(&self) -> &TaskRequest;

    /// How far it is.
    fn state(&self) -> &TaskState;

    /// Its times, and whether it is deleted.
    fn stamps(&self) -> &Stamps;

    /// The URLs of the result.
    fn urls(&self) -> &TextList;

    /// The local paths of the result.
    fn local_paths(&self) -> &TextList;

    /// The sites that offer its model, by a table of models.
    fn sites(&self, models: &ModelTable) -> Sites;

    /// Every broken rule, where the models can do what a table contains.
    fn violations_with(&self, models: &ModelTable) -> Violations;

    /// Whether both are the same submission: what never changes afterwards is equal.
    fn is_same_submission(&self, other: &Self) -> bool;
}

/// The columns of a request that no verb changes.
fn is_same_request(one: &TaskRequest, other: &TaskRequest) -> bool {
    let fixed = |request: &TaskRequest| {
        let texts = [
            request.project_id.clone(),
            request.storyboard_id.clone(),
            request.prompt.clone(),
        ];
        let by = (
            request.original_session_id.clone(),
            request.create_by.clone(),
        );
        (texts, request.negative_prompt.clone(), by)
    };
    fixed(one) == fixed(other)
}

macro_rules! task {
    ($task:ident, $id:ident, $medium:ident, $topic:literal, $model:ident,
        $urls:ident as $URLS:ident, $paths:ident as $PATHS:ident, [$($fixed:ident),+]) => {
        impl GenerationTask for $task {
            type Id = $id;
            const MEDIUM: Medium = Medium::$medium;
            const TOPIC: &'static str = $topic;
            const ID: Column<Self, $id> = Self::ID;
            const VERSION: Column<Self, i64, Unindexed> = Self::VERSION;
            const URLS: Column<Self, TextList, Unindexed> = Self::$URLS;
            const LOCAL_PATHS: Column<Self, TextList, Unindexed> = Self::$PATHS;

            fn id(&self) -> $id {
                self.id
            }

            fn request(&self) -> &TaskRequest {
                &self.request
            }

            fn state(&self) -> &TaskState {
                &self.state
            }

            fn stamps(&self) -> &Stamps {
                &self.stamps
            }

            fn urls(&self) -> &TextList {
                &self.$urls
            }

            fn local_paths(&self) -> &TextList {
                &self.$paths
            }

            fn sites(&self, models: &ModelTable) -> Sites {
                models.$model(&self.model).sites
            }

            fn violations_with(&self, models: &ModelTable) -> Violations {
                self.violations_with(models)
            }

            fn is_same_submission(&self, other: &Self) -> bool {
                is_same_request(&self.request, &other.request)
                    && self.stamps.create_time == other.stamps.create_time
                    $(&& self.$fixed == other.$fixed)+
            }
        }
    };
}

task!(
    ImageTask,
    ImageTaskId,
    Image,
    "generation.image",
    image,
    image_urls as IMAGE_URLS,
    image_local_paths as IMAGE_LOCAL_PATHS,
    [
        model,
        ratio,
        resolution,
        intelligent_ratio,
        sample_strength,
        response_format,
        input_images
    ]
);
task!(
    VideoTask,
    VideoTaskId,
    Video,
    "generation.video",
    video,
    video_urls as VIDEO_URLS,
    video_local_paths as VIDEO_LOCAL_PATHS,
    [
        model,
        ratio,
        resolution,
        duration,
        response_format,
        input_images
    ]
);
