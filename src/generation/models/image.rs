//! What a model of images can do.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::sites::Sites;
use crate::generation::{ImageRatio, ImageResolution, Site};
use crate::json::value_free_json;

/// Every known ratio of an image, in the order of the documentation.
pub(in crate::generation) static IMAGE_RATIOS: [ImageRatio; 8] = [
    ImageRatio::R1x1,
    ImageRatio::R4x3,
    ImageRatio::R3x4,
    ImageRatio::R16x9,
    ImageRatio::R9x16,
    ImageRatio::R3x2,
    ImageRatio::R2x3,
    ImageRatio::R21x9,
];

/// Every known resolution of an image, the smallest first.
pub(in crate::generation) static IMAGE_RESOLUTIONS: [ImageResolution; 3] = [
    ImageResolution::R1k,
    ImageResolution::R2k,
    ImageResolution::R4k,
];

/// What a model of images can do, and the names of the known models. The default are the generic rules of unknown
/// models: all sites, ratios and resolutions, 10 input images, no intelligent ratio.
///
/// ```
/// use genledger::generation::{ImageModel, ImageResolution, ModelTable, Site};
///
/// let models = ModelTable::built_in();
/// let model = models.image(ImageModel::JIMENG_4_1);
/// assert_eq!(model.resolutions, [ImageResolution::R2k, ImageResolution::R4k]);
/// assert!(model.intelligent_ratio && !model.supports_site(Site::Hk));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[serde(default, deny_unknown_fields)]
pub struct ImageModel {
    /// The sites that offer it.
    pub sites: Sites,
    /// The resolutions that it accepts. The first is the default if the default of images, 2k, is not among them.
    pub resolutions: Vec<ImageResolution>,
    /// The ratios that it accepts.
    pub ratios: Vec<ImageRatio>,
    /// The greatest number of input images.
    pub image_inputs: usize,
    /// Whether it can choose the ratio by the prompt. Other models ignore the request silently.
    pub intelligent_ratio: bool,
}

value_free_json!(ImageModel);

macro_rules! names {
    ($($name:ident = $text:literal;)+) => {
        $(
            #[doc = concat!("`", $text, "`")]
            pub const $name: &'static str = $text;
        )+
    };
}

impl ImageModel {
    /// The model of a request that names none: `jimeng-4.5`.
    pub const DEFAULT: &'static str = Self::JIMENG_4_5;

    names! {
        JIMENG_5_0 = "jimeng-5.0";
        JIMENG_4_6 = "jimeng-4.6";
        JIMENG_4_5 = "jimeng-4.5";
        JIMENG_4_1 = "jimeng-4.1";
        JIMENG_4_0 = "jimeng-4.0";
        JIMENG_3_1 = "jimeng-3.1";
        JIMENG_3_0 = "jimeng-3.0";
        JIMENG_2_1 = "jimeng-2.1";
        JIMENG_2_0_PRO = "jimeng-2.0-pro";
        JIMENG_2_0 = "jimeng-2.0";
        JIMENG_1_4 = "jimeng-1.4";
        JIMENG_XL_PRO = "jimeng-xl-pro";
        NANOBANANA = "nanobanana";
        NANOBANANAPRO = "nanobananapro";
    }

    /// Whether a site offers it; never one that this version does not know.
    #[must_use]
    pub const fn supports_site(&self, site: Site) -> bool {
        self.sites.contains(site)
    }

    /// Whether it accepts a resolution.
    #[must_use]
    pub fn supports_resolution(&self, resolution: &ImageResolution) -> bool {
        self.resolutions.contains(resolution)
    }

    /// Whether it accepts a ratio.
    #[must_use]
    pub fn supports_ratio(&self, ratio: &ImageRatio) -> bool {
        self.ratios.contains(ratio)
    }

    /// The resolution of a request that gives none: 2k if the model accepts it, otherwise its first one. It is 2k for
    /// a model without resolutions, which accepts no request.
    #[must_use]
    pub fn default_resolution(&self) -> &ImageResolution {
        let default = &ImageResolution::R2k;
        if self.supports_resolution(default) {
            return default;
        }
        self.resolutions.first().unwrap_or(default)
    }
}

impl Default for ImageModel {
    fn default() -> Self {
        Self {
            sites: Sites::ALL,
            resolutions: IMAGE_RESOLUTIONS.to_vec(),
            ratios: IMAGE_RATIOS.to_vec(),
            image_inputs: 10,
            intelligent_ratio: false,
        }
    }
}

/// The rules of every unknown model.
pub(super) fn generic() -> &'static ImageModel {
    static GENERIC: LazyLock<ImageModel> = LazyLock::new(ImageModel::default);
    &GENERIC
}
