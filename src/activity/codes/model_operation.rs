//! What was done to a model (`OperateType`).

use crate::contract::{CodedEnum, UnrecognizedCode};

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
