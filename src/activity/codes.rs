//! The nine coded enums of the activity logs.

mod client_type;
mod flow_type;
mod image_size;
mod image_task_kind;
mod material_source;
mod model_operation;
mod payment_provider;
mod telepathy_flow_type;
mod wallet_trade_type;

pub use client_type::ClientType;
pub use flow_type::FlowType;
pub use image_size::ImageSize;
pub use image_task_kind::ImageTaskKind;
pub use material_source::MaterialSource;
pub use model_operation::ModelOperation;
pub use payment_provider::{PaymentProvider, Unit};
pub use telepathy_flow_type::TelepathyFlowType;
pub use wallet_trade_type::WalletTradeType;

/// Which way an amount goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// It comes in.
    Income,
    /// It goes out.
    Expense,
}

/// A coded enum that says which way an amount goes.
///
/// The code 1 is income in one enum and expense in another, so there is no way from a number to a
/// direction, only from a value of one of the enums.
///
/// ```
/// use genledger::activity::{Direction, Directed, FlowType, TelepathyFlowType};
/// use genledger::contract::CodedEnum;
///
/// assert_eq!(FlowType::from_code(1).direction(), Some(Direction::Income));
/// assert_eq!(TelepathyFlowType::from_code(1).direction(), Some(Direction::Expense));
/// assert_eq!(FlowType::from_code(9).direction(), None);
/// ```
pub trait Directed {
    /// The direction; `None` for a code that this version does not know.
    fn direction(&self) -> Option<Direction>;
}
