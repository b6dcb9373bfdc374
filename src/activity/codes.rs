//! The nine coded enums of the activity logs.

use crate::contract::CodedEnum;
use crate::contract::entity::UnrecognizedCode;

/// The kind of client that a user acts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, CodedEnum)]
#[coded(i16)]
pub enum ClientType {
    /// Not known; also what a missing value is read as, never the web.
    #[default]
    #[code(-1)]
    Unknown,
    /// A browser on a computer.
    #[code(0)]
    Web,
    /// The app on iOS.
    #[code(1)]
    Ios,
    /// The app on Android.
    #[code(2)]
    Android,
    /// A mini program inside another app.
    #[code(3)]
    MiniProgram,
    /// A browser on a phone. (4 is not assigned.)
    #[code(5)]
    H5,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// The kind of image generation that was requested (`GenerateImageEnum`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum ImageTaskKind {
    /// A style of the user's choice.
    #[code(1)]
    StyleSelection,
    /// A model of the hall of fame.
    #[code(2)]
    HallOfFame,
    /// A model of the user's own.
    #[code(3)]
    MyModel,
    /// Edit and redraw.
    #[code(4)]
    EditRedraw,
    /// Drawing in 3D.
    #[code(5)]
    Drawing3d,
    /// In a conversation.
    #[code(6)]
    AiChat,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl Default for ImageTaskKind {
    /// The code 0, which is not one of the kinds and is never written.
    fn default() -> Self {
        Self::from_code(0)
    }
}

/// Where the material image comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum MaterialSource {
    /// There is none.
    #[code(1)]
    None,
    /// From the platform.
    #[code(2)]
    OnSite,
    /// From outside of the platform.
    #[code(3)]
    OffSite,
    /// A template of the platform.
    #[code(4)]
    PlatformTemplate,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// The shape of a generated image (`Size`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum ImageSize {
    /// 16:9, 768 × 432 pixels.
    #[code(16)]
    Landscape16x9,
    /// 1:1, 768 × 768 pixels.
    #[code(1)]
    Square,
    /// 3:4, 576 × 768 pixels.
    #[code(3)]
    Portrait3x4,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl ImageSize {
    /// Width and height in pixels; `None` for a code that this version does not know.
    ///
    /// ```
    /// use genledger::activity::ImageSize;
    ///
    /// assert_eq!(ImageSize::Landscape16x9.pixels(), Some((768, 432)));
    /// ```
    #[must_use]
    pub const fn pixels(self) -> Option<(u32, u32)> {
        match self {
            Self::Landscape16x9 => Some((768, 432)),
            Self::Square => Some((768, 768)),
            Self::Portrait3x4 => Some((576, 768)),
            Self::Unrecognized(_) => None,
        }
    }
}

/// What was done to a model (`OperateType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum ModelOperation {
    /// A training set was made.
    #[code(1)]
    CreateTrainingSet,
    /// Training was completed.
    #[code(2)]
    TrainingCompleted,
    /// Published to the hall of fame.
    #[code(3)]
    PublishToHallOfFame,
    /// Published to the model plaza.
    #[code(4)]
    PublishToModelPlaza,
    /// Listed by its user.
    #[code(5)]
    UserList,
    /// Taken off the list by its user.
    #[code(6)]
    UserDelist,
    /// Published to the hall of fame; a reviewer moved it to the plaza.
    #[code(7)]
    HallOfFameRedirectedToPlaza,
    /// Moved to the plaza by an administrator.
    #[code(8)]
    AdminMoveToPlaza,
    /// Moved to the hall of fame by an administrator.
    #[code(9)]
    AdminMoveToHallOfFame,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// Who pays or receives a payment (`PayProvider`, `IncomeProvider`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum PaymentProvider {
    /// `WeChat` Pay, in CNY.
    #[code(0)]
    WeChatPay,
    /// Alipay, in CNY.
    #[code(1)]
    Alipay,
    /// The wallet on the platform, in CNY.
    #[code(2)]
    Wallet,
    /// Compute points.
    #[code(3)]
    ComputePower,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

/// What an amount of a provider is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Chinese yuan.
    Cny,
    /// Compute points.
    Points,
}

impl PaymentProvider {
    /// The unit of its amounts; `None` for a code that this version does not know.
    #[must_use]
    pub const fn unit(self) -> Option<Unit> {
        match self {
            Self::WeChatPay | Self::Alipay | Self::Wallet => Some(Unit::Cny),
            Self::ComputePower => Some(Unit::Points),
            Self::Unrecognized(_) => None,
        }
    }
}

/// The direction of an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FlowDirection {
    /// It comes in.
    Income,
    /// It goes out.
    Expense,
}

/// A coded enum that contains the direction of an amount.
///
/// The code 1 is income in one enum and expense in another, so a number cannot be converted to a
/// direction, only a value of one of the enums.
///
/// ```
/// use genledger::activity::{Directed, FlowDirection, FlowType, TelepathyFlowType};
/// use genledger::contract::CodedEnum;
///
/// assert_eq!(FlowType::from_code(1).direction(), Some(FlowDirection::Income));
/// assert_eq!(TelepathyFlowType::from_code(1).direction(), Some(FlowDirection::Expense));
/// assert_eq!(FlowType::from_code(9).direction(), None);
/// ```
pub trait Directed {
    /// The direction; `None` for a code that this version does not know.
    fn direction(&self) -> Option<FlowDirection>;
}

/// The direction of an amount of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum FlowType {
    /// The platform pays.
    #[code(0)]
    Expense,
    /// The platform receives.
    #[code(1)]
    Income,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl Directed for FlowType {
    fn direction(&self) -> Option<FlowDirection> {
        match self {
            Self::Income => Some(FlowDirection::Income),
            Self::Expense => Some(FlowDirection::Expense),
            Self::Unrecognized(_) => None,
        }
    }
}

/// The direction of compute points (`TelepathyTradeFlowType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum TelepathyFlowType {
    /// The user spends points.
    #[code(1)]
    Expense,
    /// The user receives points.
    #[code(2)]
    Income,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl Directed for TelepathyFlowType {
    fn direction(&self) -> Option<FlowDirection> {
        match self {
            Self::Income => Some(FlowDirection::Income),
            Self::Expense => Some(FlowDirection::Expense),
            Self::Unrecognized(_) => None,
        }
    }
}

/// The direction of money in a wallet. The source has no codes; these are assumed by analogy with
/// those of compute points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, CodedEnum)]
#[coded(i16)]
pub enum WalletTradeType {
    /// The user spends money.
    #[code(1)]
    Expense,
    /// The user receives money.
    #[code(2)]
    Income,
    /// A code that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

impl Directed for WalletTradeType {
    fn direction(&self) -> Option<FlowDirection> {
        match self {
            Self::Income => Some(FlowDirection::Income),
            Self::Expense => Some(FlowDirection::Expense),
            Self::Unrecognized(_) => None,
        }
    }
}
