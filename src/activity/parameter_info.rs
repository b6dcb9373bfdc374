//! What was asked of an image generation.

use serde::{Deserialize, Serialize};

use super::{ImageSize, ImageTaskKind, MaterialSource, rules};
use crate::contract::Violations;

/// What was asked of an image generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ParameterInfo {
    /// The kind of task.
    #[serde(rename = "GenerateImageEnum")]
    pub kind: ImageTaskKind,
    /// Where the material image comes from.
    pub material_source: MaterialSource,
    /// The material image; absent exactly when there is no material.
    #[serde(default)]
    pub url: Option<String>,
    /// The shape of the images.
    pub size: ImageSize,
    /// The id of a spatial attribute.
    #[serde(rename = "AISpatialAttributeId", default)]
    pub ai_spatial_attribute_id: Option<String>,
    /// The id of a style.
    #[serde(rename = "AIStyleId", default)]
    pub ai_style_id: Option<String>,
    /// How many images; at least 1.
    pub sum: i32,
}

impl ParameterInfo {
    pub(super) fn check(&self, found: &mut Violations) {
        rules::known(found, "parameter_info.kind", &self.kind);
        rules::known(
            found,
            "parameter_info.material_source",
            &self.material_source,
        );
        rules::known(found, "parameter_info.size", &self.size);
        let url = self.url.as_deref().is_some_and(|url| !url.is_empty());
        let without = self.material_source == MaterialSource::None;
        found.check(
            without && url,
            "parameter_info.url",
            "material_without_source",
            "must be absent without material",
        );
        found.check(
            !without && !url,
            "parameter_info.url",
            "source_without_material",
            "is needed with material",
        );
        found.check(
            self.sum < 1,
            "parameter_info.sum",
            "out_of_range",
            "must be at least 1",
        );
    }
}
