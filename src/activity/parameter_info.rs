//! `ParameterInfo`: the object inside of `GenerateImageLog`, and its rules.

use super::{ImageSize, ImageTaskKind, MaterialSource};
use crate::contract::{CodedEnum, Embed, JsonRecord, Violations};

/// What was asked of an image generation: a JSON object inside of its log.
///
/// ```
/// use genledger::activity::{ImageTaskKind, ParameterInfo};
///
/// let json = r#"{"GenerateImageEnum":6,"MaterialSource":1,"Url":null,"Size":1,
///     "AISpatialAttributeId":"s-1","AIStyleId":null,"Sum":2}"#;
/// let info: ParameterInfo = serde_json::from_str(json)?;
/// assert_eq!(info.kind, ImageTaskKind::AiChat);
/// assert_eq!(info.ai_spatial_attribute_id.as_deref(), Some("s-1"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Embed, JsonRecord)]
#[json(rename_all = "PascalCase")]
pub struct ParameterInfo {
    /// The kind of task.
    #[json(name = "GenerateImageEnum")]
    pub kind: ImageTaskKind,
    /// Where the material image comes from.
    pub material_source: MaterialSource,
    /// The path of the material image; absent exactly when there is no material.
    pub url: Option<String>,
    /// The shape of the images.
    pub size: ImageSize,
    /// The id of a spatial attribute.
    #[json(name = "AISpatialAttributeId")]
    pub ai_spatial_attribute_id: Option<String>,
    /// The id of a style.
    #[json(name = "AIStyleId")]
    pub ai_style_id: Option<String>,
    /// How many images; at least 1.
    pub sum: i32,
}

impl ParameterInfo {
    /// The number of images that were requested; a number below 0 counts as 0.
    pub(super) fn asked(&self) -> usize {
        usize::try_from(self.sum).unwrap_or(0)
    }

    pub(super) fn check(&self, found: &mut Violations) {
        let source = self.material_source;
        known(found, "ParameterInfo.GenerateImageEnum", &self.kind);
        known(found, "ParameterInfo.MaterialSource", &source);
        known(found, "ParameterInfo.Size", &self.size);
        found.check(
            source == MaterialSource::None && self.url.is_some(),
            "ParameterInfo.Url",
            "material_without_source",
            "must be absent without material",
        );
        let needed = !matches!(
            source,
            MaterialSource::None | MaterialSource::Unrecognized(_)
        );
        found.check(
            needed && self.url.as_deref().is_none_or(str::is_empty),
            "ParameterInfo.Url",
            "source_without_material",
            "is required with material",
        );
        found.check(
            self.sum < 1,
            "ParameterInfo.Sum",
            "out_of_range",
            "must be at least 1",
        );
    }
}

/// A code that this version does not know is read, but must not be written.
fn known<C: CodedEnum>(found: &mut Violations, path: &'static str, code: &C) {
    found.check(
        !code.is_known(),
        path,
        "unrecognized_code",
        "is a code that this version does not know",
    );
}
