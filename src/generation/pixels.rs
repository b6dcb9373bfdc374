//! The sizes of images and videos in pixels.

use super::{ImageRatio, ImageResolution, VideoRatio, VideoResolution};

/// A size in pixels.
///
/// ```
/// use genledger::generation::{ImageRatio, ImageResolution, Pixels, VideoRatio, VideoResolution};
///
/// let image = Pixels::of_image(&ImageRatio::R16x9, &ImageResolution::R2k);
/// assert_eq!(image, Some(Pixels { width: 2560, height: 1440 }));
///
/// let video = Pixels::of_video(&VideoRatio::R9x16, &VideoResolution::R720p);
/// assert_eq!(video.map(|size| size.to_string()).as_deref(), Some("720×1280"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pixels {
    /// From the left to the right, in pixels.
    pub width: u32,
    /// From the top to the bottom, in pixels.
    pub height: u32,
}

impl Pixels {
    /// The size of an image; `None` for a ratio or a resolution that this version does not know.
    ///
    /// Ratios are labels: the size is true to them to about 1 %.
    #[must_use]
    pub const fn of_image(ratio: &ImageRatio, resolution: &ImageResolution) -> Option<Self> {
        let [r1k, r2k, r4k] = match ratio {
            ImageRatio::R1x1 => [size(1024, 1024), size(2048, 2048), size(4096, 4096)],
            ImageRatio::R4x3 => [size(1024, 768), size(2304, 1728), size(4608, 3456)],
            ImageRatio::R3x4 => [size(768, 1024), size(1728, 2304), size(3456, 4608)],
            ImageRatio::R16x9 => [size(1024, 576), size(2560, 1440), size(5120, 2880)],
            ImageRatio::R9x16 => [size(576, 1024), size(1440, 2560), size(2880, 5120)],
            ImageRatio::R3x2 => [size(1024, 682), size(2496, 1664), size(4992, 3328)],
            ImageRatio::R2x3 => [size(682, 1024), size(1664, 2496), size(3328, 4992)],
            ImageRatio::R21x9 => [size(1195, 512), size(3024, 1296), size(6048, 2592)],
            ImageRatio::Unrecognized(_) => return None,
        };
        match resolution {
            ImageResolution::R1k => Some(r1k),
            ImageResolution::R2k => Some(r2k),
            ImageResolution::R4k => Some(r4k),
            ImageResolution::Unrecognized(_) => None,
        }
    }

    /// The size of a video; `None` for 21:9, whose size is not known, and for a ratio or a resolution that this
    /// version does not know.
    ///
    /// Some models ignore the resolution: see [`VideoModel::resolution_honoured`](super::VideoModel).
    #[must_use]
    pub const fn of_video(ratio: &VideoRatio, resolution: &VideoResolution) -> Option<Self> {
        let [r720p, r1080p] = match ratio {
            VideoRatio::R1x1 => [size(720, 720), size(1080, 1080)],
            VideoRatio::R4x3 => [size(960, 720), size(1440, 1080)],
            VideoRatio::R3x4 => [size(720, 960), size(1080, 1440)],
            VideoRatio::R16x9 => [size(1280, 720), size(1920, 1080)],
            VideoRatio::R9x16 => [size(720, 1280), size(1080, 1920)],
            VideoRatio::R21x9 | VideoRatio::Unrecognized(_) => return None,
        };
        match resolution {
            VideoResolution::R720p => Some(r720p),
            VideoResolution::R1080p => Some(r1080p),
            VideoResolution::Unrecognized(_) => None,
        }
    }
}

impl std::fmt::Display for Pixels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}", self.width, self.height)
    }
}

const fn size(width: u32, height: u32) -> Pixels {
    Pixels { width, height }
}

#[cfg(test)]
mod tests {
    use super::*;
    use genledger_contract::CodedEnum;

    use crate::generation::models::{IMAGE_RATIOS, IMAGE_RESOLUTIONS, VIDEO_RATIOS};

    /// The table that public programs send to the provider.
    const PUBLIC: [(&str, [(u32, u32); 3]); 8] = [
        ("1:1", [(1024, 1024), (2048, 2048), (4096, 4096)]),
        ("4:3", [(768, 1024), (2304, 1728), (4608, 3456)]),
        ("3:4", [(1024, 768), (1728, 2304), (3456, 4608)]),
        ("16:9", [(1024, 576), (2560, 1440), (5120, 2880)]),
        ("9:16", [(576, 1024), (1440, 2560), (2880, 5120)]),
        ("3:2", [(1024, 682), (2496, 1664), (4992, 3328)]),
        ("2:3", [(682, 1024), (1664, 2496), (3328, 4992)]),
        ("21:9", [(1195, 512), (3024, 1296), (6048, 2592)]),
    ];

    fn parts(ratio: &str) -> (u32, u32) {
        let (width, height) = ratio.split_once(':').unwrap();
        (width.parse().unwrap(), height.parse().unwrap())
    }

    /// Whether a size is true to a ratio to 1 %.
    fn is_true(ratio: &str, width: u32, height: u32) -> bool {
        let (across, down) = parts(ratio);
        let (left, right) = (width * down, height * across);
        left.abs_diff(right) * 100 <= left.max(right)
    }

    #[test]
    fn only_two_cells_differ_from_the_public_table_and_ours_are_true_to_the_ratio() {
        let mut different = Vec::new();
        for (label, cells) in PUBLIC {
            let ratio = ImageRatio::from_str_code(label);
            assert!(ratio.is_known());
            for (resolution, (width, height)) in IMAGE_RESOLUTIONS.iter().zip(cells) {
                let ours = Pixels::of_image(&ratio, resolution).unwrap();
                assert!(
                    is_true(label, ours.width, ours.height),
                    "{label} {resolution}"
                );
                if (ours.width, ours.height) != (width, height) {
                    assert!(!is_true(label, width, height), "{label} {resolution}");
                    assert_eq!((ours.width, ours.height), (height, width));
                    different.push(format!("{label} {}", resolution.as_str()));
                }
            }
        }
        assert_eq!(different, ["4:3 1k", "3:4 1k"]);
    }

    #[test]
    fn a_turned_ratio_is_the_turned_size() {
        let turned = |ratio: &str| {
            let (width, height) = ratio.split_once(':').unwrap();
            format!("{height}:{width}")
        };
        let mut pairs = 0;
        for (ratio, resolution) in IMAGE_RATIOS.iter().flat_map(|ratio| {
            IMAGE_RESOLUTIONS
                .iter()
                .map(move |resolution| (ratio, resolution))
        }) {
            let other = ImageRatio::from_str_code(&turned(ratio.as_str()));
            let size = Pixels::of_image(ratio, resolution).unwrap();
            let Some(other) = Pixels::of_image(&other, resolution) else {
                assert_eq!(*ratio, ImageRatio::R21x9);
                continue;
            };
            assert_eq!((size.width, size.height), (other.height, other.width));
            pairs += 1;
        }
        assert_eq!(pairs, 7 * 3);
    }

    #[test]
    fn videos_have_the_lines_of_their_resolution() {
        for (resolution, lines) in [
            (VideoResolution::R720p, 720),
            (VideoResolution::R1080p, 1080),
        ] {
            for ratio in &VIDEO_RATIOS {
                let size = Pixels::of_video(ratio, &resolution);
                if *ratio == VideoRatio::R21x9 {
                    assert_eq!(size, None);
                    continue;
                }
                let size = size.unwrap();
                assert_eq!(size.width.min(size.height), lines);
                let (across, down) = parts(ratio.as_str());
                assert_eq!(size.width * down, size.height * across, "{ratio}");
            }
        }
    }

    #[test]
    fn unknown_words_have_no_size() {
        let ratio = ImageRatio::from_str_code("5:4");
        assert_eq!(Pixels::of_image(&ratio, &ImageResolution::R1k), None);
        let resolution = ImageResolution::from_str_code("8k");
        assert_eq!(Pixels::of_image(&ImageRatio::R1x1, &resolution), None);
        let resolution = VideoResolution::from_str_code("480p");
        assert_eq!(Pixels::of_video(&VideoRatio::R1x1, &resolution), None);
    }
}
