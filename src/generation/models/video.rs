//! What a model of videos can do.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::sites::Sites;
use crate::generation::{Site, VideoRatio, VideoResolution};
use crate::json::value_free_json;

/// Every known ratio of a video, in the order of the documentation.
pub(in crate::generation) static VIDEO_RATIOS: [VideoRatio; 6] = [
    VideoRatio::R1x1,
    VideoRatio::R4x3,
    VideoRatio::R3x4,
    VideoRatio::R16x9,
    VideoRatio::R9x16,
    VideoRatio::R21x9,
];

/// Every known resolution of a video, the smallest first.
pub(in crate::generation) static VIDEO_RESOLUTIONS: [VideoResolution; 2] =
    [VideoResolution::R720p, VideoResolution::R1080p];

/// What a model of videos can do, and the names of the known models. The default are the generic rules of unknown
/// models: all sites, ratios and resolutions, 1 to 60 seconds, 2 input images.
///
/// ```
/// use genledger::generation::{ModelTable, Site, VideoModel};
///
/// let models = ModelTable::built_in();
/// let model = models.video(VideoModel::SORA2);
/// assert_eq!(model.durations, [4, 8, 12]);
/// assert_eq!(model.default_duration(), 4);
/// assert!(!model.resolution_honoured && !model.supports_site(Site::Us));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[serde(default, deny_unknown_fields)]
pub struct VideoModel {
    /// The sites that offer it.
    pub sites: Sites,
    /// The resolutions that it accepts. The first is the default if the default of videos, 720p, is not among them.
    pub resolutions: Vec<VideoResolution>,
    /// Whether the resolution has an effect. If not, it is stored, and the size of the result is not known.
    pub resolution_honoured: bool,
    /// The ratios that it accepts. They have no effect when images are given.
    pub ratios: Vec<VideoRatio>,
    /// The lengths that it accepts, in seconds. The first is the default if the default of videos, 5, is not among
    /// them.
    pub durations: Vec<i32>,
    /// The greatest number of input images: the first frame, and the last.
    pub image_inputs: usize,
}

value_free_json!(VideoModel);

macro_rules! names {
    ($($name:ident = $text:literal;)+) => {
        $(
            #[doc = concat!("`jimeng-video-", $text, "`")]
            pub const $name: &'static str = concat!("jimeng-video-", $text);
        )+
    };
}

impl VideoModel {
    /// The model of a request that names none: `jimeng-video-3.0`.
    pub const DEFAULT: &'static str = Self::V3_0;

    names! {
        V3_5_PRO = "3.5-pro";
        V3_0_PRO = "3.0-pro";
        V3_0_FAST = "3.0-fast";
        V3_0 = "3.0";
        V2_0_PRO = "2.0-pro";
        V2_0 = "2.0";
        VEO3 = "veo3";
        VEO3_1 = "veo3.1";
        SORA2 = "sora2";
        SEEDANCE_2_0 = "seedance-2.0";
        SEEDANCE_2_0_FAST = "seedance-2.0-fast";
    }

    /// Whether a site offers it; never one that this version does not know.
    #[must_use]
    pub const fn supports_site(&self, site: Site) -> bool {
        self.sites.contains(site)
    }

    /// Whether it accepts a resolution.
    #[must_use]
    pub fn supports_resolution(&self, resolution: &VideoResolution) -> bool {
        self.resolutions.contains(resolution)
    }

    /// Whether it accepts a ratio.
    #[must_use]
    pub fn supports_ratio(&self, ratio: &VideoRatio) -> bool {
        self.ratios.contains(ratio)
    }

    /// Whether it accepts a length in seconds.
    #[must_use]
    pub fn supports_duration(&self, seconds: i32) -> bool {
        self.durations.contains(&seconds)
    }

    /// The resolution of a request that gives none: 720p if the model accepts it, otherwise its first one. It is 720p
    /// for a model without resolutions, which accepts no request.
    #[must_use]
    pub fn default_resolution(&self) -> &VideoResolution {
        let default = &VideoResolution::R720p;
        if self.supports_resolution(default) {
            return default;
        }
        self.resolutions.first().unwrap_or(default)
    }

    /// The length in seconds of a request that gives none: 5 if the model accepts it, otherwise its first one. It is 5
    /// for a model without lengths, which accepts no request.
    #[must_use]
    pub fn default_duration(&self) -> i32 {
        let default = 5;
        if self.supports_duration(default) {
            return default;
        }
        self.durations.first().copied().unwrap_or(default)
    }
}

impl Default for VideoModel {
    fn default() -> Self {
        Self {
            sites: Sites::ALL,
            resolutions: VIDEO_RESOLUTIONS.to_vec(),
            resolution_honoured: false,
            ratios: VIDEO_RATIOS.to_vec(),
            durations: (1..=60).collect(),
            image_inputs: 2,
        }
    }
}

/// The rules of every unknown model.
pub(super) fn generic() -> &'static VideoModel {
    static GENERIC: LazyLock<VideoModel> = LazyLock::new(VideoModel::default);
    &GENERIC
}
