//! What each model can do. Models are an open set: a name that the table does not contain passes with generic rules.

mod built_in;
mod image;
mod sites;
mod video;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::json::value_free_json;

pub use image::ImageModel;
pub use sites::Sites;
pub use video::VideoModel;

#[cfg(test)]
pub(super) use {image::IMAGE_RATIOS, image::IMAGE_RESOLUTIONS, video::VIDEO_RATIOS};

/// The models that are known, and what they can do. The default is [`built_in`](Self::built_in).
///
/// A service extends or replaces entries, in code or from JSON: `{"images": {NAME: …}, "videos": {NAME: …}}`, where
/// members of a model that are left out have the generic rules. JSON holds the whole table, without the built-in
/// models unless it lists them.
///
/// ```
/// use genledger::generation::{ImageModel, ImageResolution, ModelTable, Site};
///
/// let added = r#"{"images": {"jimeng-6.0": {"sites": ["cn"], "resolutions": ["4k"], "intelligent_ratio": true}}}"#;
/// let mut models = ModelTable::built_in();
/// models.extend(serde_json::from_str::<ModelTable>(added)?);
///
/// assert!(models.image("jimeng-6.0").supports_site(Site::Cn));
/// assert!(!models.image("jimeng-6.0").supports_site(Site::Us));
/// assert_eq!(*models.image("jimeng-6.0").default_resolution(), ImageResolution::R4k);
/// assert!(models.image(ImageModel::JIMENG_4_5).intelligent_ratio);
///
/// // What the table does not contain passes with generic rules.
/// assert!(!models.knows_image("a-new-model"));
/// assert!(models.image("a-new-model").supports_resolution(&ImageResolution::R4k));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[serde(deny_unknown_fields)]
pub struct ModelTable {
    #[serde(default)]
    images: BTreeMap<String, ImageModel>,
    #[serde(default)]
    videos: BTreeMap<String, VideoModel>,
}

value_free_json!(ModelTable);

impl Default for ModelTable {
    fn default() -> Self {
        Self::built_in()
    }
}

impl ModelTable {
    /// The models that this version knows.
    #[must_use]
    pub fn built_in() -> Self {
        let images = built_in::images().into_iter();
        let videos = built_in::videos().into_iter();
        Self {
            images: images
                .map(|(name, model)| (name.to_owned(), model))
                .collect(),
            videos: videos
                .map(|(name, model)| (name.to_owned(), model))
                .collect(),
        }
    }

    /// A table without models: every name has the generic rules.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            images: BTreeMap::new(),
            videos: BTreeMap::new(),
        }
    }

    /// The table with a model of images, which replaces one with the same name.
    #[must_use]
    pub fn with_image(mut self, name: impl Into<String>, model: ImageModel) -> Self {
        self.images.insert(name.into(), model);
        self
    }

    /// The table with a model of videos, which replaces one with the same name.
    #[must_use]
    pub fn with_video(mut self, name: impl Into<String>, model: VideoModel) -> Self {
        self.videos.insert(name.into(), model);
        self
    }

    /// Adds the models of another table, which replace those with the same names.
    pub fn extend(&mut self, other: Self) {
        self.images.extend(other.images);
        self.videos.extend(other.videos);
    }

    /// What a model of images can do; the generic rules for an unknown name.
    #[must_use]
    pub fn image(&self, name: &str) -> &ImageModel {
        self.images.get(name).unwrap_or_else(|| image::generic())
    }

    /// What a model of videos can do; the generic rules for an unknown name.
    #[must_use]
    pub fn video(&self, name: &str) -> &VideoModel {
        self.videos.get(name).unwrap_or_else(|| video::generic())
    }

    /// Whether the table contains a model of images.
    #[must_use]
    pub fn knows_image(&self, name: &str) -> bool {
        self.images.contains_key(name)
    }

    /// Whether the table contains a model of videos.
    #[must_use]
    pub fn knows_video(&self, name: &str) -> bool {
        self.videos.contains_key(name)
    }

    /// The models of images in the order of their names.
    pub fn images(&self) -> impl Iterator<Item = (&str, &ImageModel)> {
        self.images
            .iter()
            .map(|(name, model)| (name.as_str(), model))
    }

    /// The models of videos in the order of their names.
    pub fn videos(&self) -> impl Iterator<Item = (&str, &VideoModel)> {
        self.videos
            .iter()
            .map(|(name, model)| (name.as_str(), model))
    }
}

#[cfg(test)]
mod tests;
