//! The codes of Midjourney tasks: actions, statuses, replies to a submission, refunds.

use genledger_contract::CodedEnum;
use genledger_contract::entity::UnrecognizedCode;

/// What a task does: the column `action`, a word in the database and in JSON.
///
/// A word that this version does not know stays readable and round-trips; it must not be written.
///
/// ```
/// use genledger::contract::CodedEnum;
/// use genledger::midjourney::MidjourneyAction;
///
/// assert_eq!(MidjourneyAction::Imagine.as_str(), "IMAGINE");
/// assert_eq!(MidjourneyAction::from_str_code("PAN"), MidjourneyAction::Pan);
/// assert_eq!(MidjourneyAction::from_str_code("RETEXTURE").as_str(), "RETEXTURE");
/// assert!(!MidjourneyAction::from_str_code("RETEXTURE").is_known());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(text, max_chars = 40)]
pub enum MidjourneyAction {
    /// Images from a prompt.
    #[code("IMAGINE")]
    Imagine,
    /// A prompt from an image.
    #[code("DESCRIBE")]
    Describe,
    /// One image from several.
    #[code("BLEND")]
    Blend,
    /// One of the images in full size.
    #[code("UPSCALE")]
    Upscale,
    /// Variations of one of the images.
    #[code("VARIATION")]
    Variation,
    /// The same prompt again.
    #[code("REROLL")]
    Reroll,
    /// A part of the image is drawn again.
    #[code("INPAINT")]
    Inpaint,
    /// The input that a task in the status `MODAL` waits for.
    #[code("MODAL")]
    Modal,
    /// The image with more around it.
    #[code("ZOOM")]
    Zoom,
    /// The same with a factor or a prompt of the user.
    #[code("CUSTOM_ZOOM")]
    CustomZoom,
    /// A shorter prompt.
    #[code("SHORTEN")]
    Shorten,
    /// Strong variations of an image.
    #[code("HIGH_VARIATION")]
    HighVariation,
    /// Subtle variations of an image.
    #[code("LOW_VARIATION")]
    LowVariation,
    /// The image extended to one side.
    #[code("PAN")]
    Pan,
    /// The face of one image in another.
    #[code("SWAP_FACE")]
    SwapFace,
    /// An image of the user is uploaded.
    #[code("UPLOAD")]
    Upload,
    /// A video from an image.
    #[code("VIDEO")]
    Video,
    /// An image is edited.
    #[code("EDITS")]
    Edits,
    /// A word that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// The status of a task: the column `status`, a word in the database and in JSON.
///
/// `SUCCESS`, `FAILURE` and `CANCEL` are terminal. A word that this version does not know stays readable and
/// round-trips; it must not be written. Such a task is open as long as it has no finish time.
///
/// ```
/// use genledger::midjourney::MidjourneyStatus;
///
/// assert!(MidjourneyStatus::Cancel.is_terminal());
/// assert!(!MidjourneyStatus::Submitting.is_terminal());
/// assert_eq!(MidjourneyStatus::Submitting.as_str(), "");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, CodedEnum)]
#[coded(text, max_chars = 20)]
pub enum MidjourneyStatus {
    /// Just submitted; nothing was reported yet. The empty word.
    #[default]
    #[code("")]
    Submitting,
    /// Upstream has accepted it and not begun.
    #[code("NOT_START")]
    NotStart,
    /// Upstream has passed it on.
    #[code("SUBMITTED")]
    Submitted,
    /// It waits for input of the user.
    #[code("MODAL")]
    Modal,
    /// It is running.
    #[code("IN_PROGRESS")]
    InProgress,
    /// It succeeded.
    #[code("SUCCESS")]
    Success,
    /// It failed, or it timed out.
    #[code("FAILURE")]
    Failure,
    /// It was cancelled.
    #[code("CANCEL")]
    Cancel,
    /// A word that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl MidjourneyStatus {
    /// The terminal ones, in the order of their words.
    pub(super) const TERMINAL: [Self; 3] = [Self::Cancel, Self::Failure, Self::Success];

    /// Whether a task with this status never changes again.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        matches!(self, Self::Success | Self::Failure | Self::Cancel)
    }

    /// Whether a task with this status gets its quota back.
    pub(super) const fn is_refunded(&self) -> bool {
        matches!(self, Self::Failure | Self::Cancel)
    }

    /// How far an open task is. Input may be requested and given several times.
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::Submitting | Self::Unrecognized(_) => 0,
            Self::NotStart => 1,
            Self::Submitted | Self::Modal => 2,
            Self::InProgress => 3,
            Self::Success | Self::Failure | Self::Cancel => 4,
        }
    }
}

/// The reply of upstream to a submission: the column `code`.
///
/// ```
/// use genledger::midjourney::MidjourneySubmitCode;
///
/// assert_eq!(MidjourneySubmitCode::from_code(22), MidjourneySubmitCode::Queued);
/// assert!(MidjourneySubmitCode::BannedWord.is_refusal());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i32)]
pub enum MidjourneySubmitCode {
    /// Accepted.
    #[code(1)]
    Ok,
    /// No account can take it.
    #[code(3)]
    NoAccount,
    /// The same task exists already, running or finished.
    #[code(21)]
    Exists,
    /// Accepted; it waits in the queue of upstream.
    #[code(22)]
    Queued,
    /// Refused: the queue of upstream is full.
    #[code(23)]
    QueueFull,
    /// Refused: the prompt contains a banned word.
    #[code(24)]
    BannedWord,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl MidjourneySubmitCode {
    /// Whether upstream refused the submission, so that there is nothing to wait for.
    #[must_use]
    pub const fn is_refusal(self) -> bool {
        matches!(self, Self::NoAccount | Self::QueueFull | Self::BannedWord)
    }
}

/// Whether the quota of a task is to be given back: the column `refund`. The amount is `quota`.
///
/// It changes from `None` to `Due` in the statement that sets the terminal status, and from `Due` to `Settled`
/// once, by [`settle_refund`](super::MidjourneyTasks::settle_refund).
///
/// ```
/// use genledger::midjourney::MidjourneyRefundState;
///
/// assert_eq!(MidjourneyRefundState::default(), MidjourneyRefundState::None);
/// assert_eq!(MidjourneyRefundState::Due.code(), 1);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum MidjourneyRefundState {
    /// Nothing is owed: the task is open, succeeded, cost nothing, or ended before this column existed.
    #[default]
    #[code(0)]
    None,
    /// The quota of the task is owed to the user.
    #[code(1)]
    Due,
    /// The quota was given back.
    #[code(2)]
    Settled,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl MidjourneyRefundState {
    /// The state of a task that ends with this status.
    pub(super) const fn at_end(status: &MidjourneyStatus, quota: i64) -> Self {
        if status.is_refunded() && quota > 0 {
            Self::Due
        } else {
            Self::None
        }
    }
}
