//! The part of a task that the caller gives, of images and videos alike.

use genledger_contract::{Embed, JsonRecord};

use super::Site;
use crate::Redacted;
use crate::redacted::hidden;
use crate::setters::setters;

/// What is to be generated, for which storyboard, and how: the columns that images and videos have in common.
///
/// ```
/// use genledger::generation::TaskRequest;
///
/// let request = TaskRequest::new("project-1", "The sea", "board-7", "work-3", "a cat on a boat")
///     .priority(5)
///     .callback_url("https://cartoon.example/done");
/// assert_eq!(request.storyboard_id, "board-7");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Embed, JsonRecord)]
#[non_exhaustive]
pub struct TaskRequest {
    /// The project; 1 to 50 characters.
    #[column(max_chars = 50, filter)]
    pub project_id: String,
    /// The name of the project; 1 to 50 characters.
    #[column(max_chars = 50)]
    pub project_name: String,
    /// The storyboard, of which a project has at most one task of each kind that is not deleted; 1 to 50 characters.
    #[column(max_chars = 50, filter)]
    pub storyboard_id: String,
    /// The work; 1 to 50 characters.
    #[column(max_chars = 50, filter)]
    pub work_id: String,
    /// The prompt; not empty.
    pub prompt: String,
    /// What is not to be seen.
    pub negative_prompt: Option<String>,
    /// The session that the request came with, a secret; at most 200 characters.
    #[column(max_chars = 200, sensitive)]
    #[json(with = hidden)]
    pub original_session_id: Option<Redacted>,
    /// The site on which it is to be generated; any site of the family if it is not given.
    pub want_site: Option<Site>,
    /// Tasks with a greater number are claimed first.
    #[column(default = 0)]
    #[json(default)]
    pub priority: i32,
    /// The URL that the service calls at the end, http or https, without a user; at most 500 characters.
    #[column(max_chars = 500)]
    pub callback_url: Option<String>,
    /// By whom it was created; at most 50 characters.
    #[column(max_chars = 50)]
    pub create_by: Option<String>,
    /// For the application; at most 255 characters.
    #[column(max_chars = 255)]
    pub attr1: Option<String>,
    /// For the application; at most 255 characters.
    #[column(max_chars = 255)]
    pub attr2: Option<String>,
    /// For the application.
    pub attr3: Option<String>,
}

impl TaskRequest {
    /// A prompt for a storyboard of a project and a work; everything else is absent.
    #[must_use]
    pub fn new(
        project_id: impl Into<String>,
        project_name: impl Into<String>,
        storyboard_id: impl Into<String>,
        work_id: impl Into<String>,
        prompt: impl Into<String>,
    ) -> Self {
        Self {
            project_id: project_id.into(),
            project_name: project_name.into(),
            storyboard_id: storyboard_id.into(),
            work_id: work_id.into(),
            prompt: prompt.into(),
            negative_prompt: None,
            original_session_id: None,
            want_site: None,
            priority: 0,
            callback_url: None,
            create_by: None,
            attr1: None,
            attr2: None,
            attr3: None,
        }
    }

    /// Tasks with a greater number are claimed first; 0 if it is not given.
    #[must_use]
    pub const fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    setters! {
        /// What is not to be seen.
        negative_prompt: text String;
        /// The session that the request came with, a secret; at most 200 characters.
        original_session_id: text Redacted;
        /// The site on which it is to be generated.
        want_site: value Site;
        /// The URL that the service calls at the end; at most 500 characters.
        callback_url: text String;
        /// By whom it is created; at most 50 characters.
        create_by: text String;
        /// For the application; at most 255 characters.
        attr1: text String;
        /// For the application; at most 255 characters.
        attr2: text String;
        /// For the application.
        attr3: text String;
    }
}
