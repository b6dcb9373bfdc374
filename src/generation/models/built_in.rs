//! The table of the models that this version knows.

use super::image::ImageModel;
use super::sites::Sites;
use super::video::VideoModel;
use crate::generation::{ImageResolution, Site};

use ImageResolution::{R1k, R2k, R4k};

const CN: Sites = Sites::of(&[Site::Cn]);
const NOT_CN: Sites = Sites::of(&[Site::Us, Site::Hk, Site::Jp, Site::Sg]);
const NOT_US: Sites = Sites::of(&[Site::Cn, Site::Hk, Site::Jp, Site::Sg]);
const ASIA: Sites = Sites::of(&[Site::Hk, Site::Jp, Site::Sg]);

/// Whether a model can choose the ratio by the prompt.
const INTELLIGENT: bool = true;
const PLAIN: bool = false;

/// Whether a model honours the resolution, or the library only stores it.
const HONOURED: bool = true;
const STORED: bool = false;

/// The models of images.
pub(super) fn images() -> [(&'static str, ImageModel); 14] {
    [
        (
            ImageModel::JIMENG_5_0,
            image(NOT_US, &[R2k, R4k], INTELLIGENT),
        ),
        (
            ImageModel::JIMENG_4_6,
            image(NOT_US, &[R2k, R4k], INTELLIGENT),
        ),
        (
            ImageModel::JIMENG_4_5,
            image(Sites::ALL, &[R2k, R4k], INTELLIGENT),
        ),
        (ImageModel::JIMENG_4_1, image(CN, &[R2k, R4k], INTELLIGENT)),
        (
            ImageModel::JIMENG_4_0,
            image(Sites::ALL, &[R1k, R2k, R4k], INTELLIGENT),
        ),
        (ImageModel::JIMENG_3_1, image(CN, &[R1k], PLAIN)),
        (ImageModel::JIMENG_3_0, image(Sites::ALL, &[R1k], PLAIN)),
        (ImageModel::JIMENG_2_1, image(CN, &[R1k], PLAIN)),
        (ImageModel::JIMENG_2_0_PRO, image(CN, &[R1k], PLAIN)),
        (ImageModel::JIMENG_2_0, image(CN, &[R1k], PLAIN)),
        (ImageModel::JIMENG_1_4, image(CN, &[R1k], PLAIN)),
        (ImageModel::JIMENG_XL_PRO, image(CN, &[R1k], PLAIN)),
        (ImageModel::NANOBANANA, image(NOT_CN, &[R1k], PLAIN)),
        (
            ImageModel::NANOBANANAPRO,
            image(NOT_CN, &[R1k, R2k, R4k], PLAIN),
        ),
    ]
}

/// The models of videos.
pub(super) fn videos() -> [(&'static str, VideoModel); 11] {
    let four_to_fifteen: Vec<i32> = (4..=15).collect();
    [
        (
            VideoModel::V3_5_PRO,
            video(Sites::ALL, STORED, &[5, 10, 12]),
        ),
        (VideoModel::V3_0_PRO, video(NOT_US, STORED, &[5, 10])),
        (VideoModel::V3_0_FAST, video(NOT_US, HONOURED, &[5, 10])),
        (VideoModel::V3_0, video(Sites::ALL, HONOURED, &[5, 10])),
        (VideoModel::V2_0_PRO, video(NOT_US, STORED, &[5, 10])),
        (VideoModel::V2_0, video(NOT_US, STORED, &[5, 10])),
        (VideoModel::VEO3, video(ASIA, STORED, &[8])),
        (VideoModel::VEO3_1, video(ASIA, STORED, &[8])),
        (VideoModel::SORA2, video(ASIA, STORED, &[4, 8, 12])),
        (
            VideoModel::SEEDANCE_2_0,
            video(CN, STORED, &four_to_fifteen),
        ),
        (
            VideoModel::SEEDANCE_2_0_FAST,
            video(CN, STORED, &four_to_fifteen),
        ),
    ]
}

fn image(sites: Sites, resolutions: &[ImageResolution], intelligent_ratio: bool) -> ImageModel {
    ImageModel {
        sites,
        resolutions: resolutions.to_vec(),
        intelligent_ratio,
        ..ImageModel::default()
    }
}

fn video(sites: Sites, resolution_honoured: bool, durations: &[i32]) -> VideoModel {
    VideoModel {
        sites,
        resolution_honoured,
        durations: durations.to_vec(),
        ..VideoModel::default()
    }
}
