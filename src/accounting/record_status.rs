//! The status of a record. Not derived, since one of its codes has a second word.

use std::fmt;

use genledger_contract::entity::UnrecognizedCode;
use genledger_contract::json::value_free;
use genledger_contract::row::{ParamSink, RowReader};
use genledger_contract::table::{Code, CodeDef, ColumnType};
use genledger_contract::{CodedEnum, Field, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What became of a record: the column `status`, a word in the database and in JSON.
///
/// `created`, which other programs write, is read as `pending`. Any other word that this version does not know stays
/// readable and round-trips; it must not be written.
///
/// | from | to |
/// |---|---|
/// | `pending` | `accounted`, `failed` |
/// | `failed`, when its hold has expired | `accounted`, by a late settlement |
/// | `accounted` | none: it is corrected by further entries |
///
/// ```
/// use genledger::accounting::RecordStatus;
///
/// assert_eq!(RecordStatus::from_str_code("created"), RecordStatus::Pending);
/// assert_eq!(RecordStatus::Pending.as_str(), "pending");
/// assert_eq!(RecordStatus::from_str_code("Created").as_str(), "Created");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum RecordStatus {
    /// An amount is held for it, and nothing was charged.
    #[default]
    Pending,
    /// It was charged.
    Accounted,
    /// It was refused, voided, or its hold expired.
    Failed,
    /// A word that this version does not know.
    Unrecognized(UnrecognizedCode<Self>),
}

const PENDING: &str = "pending";
const ACCOUNTED: &str = "accounted";
const FAILED: &str = "failed";

/// What other programs write for `pending`.
const CREATED: &str = "created";

impl RecordStatus {
    /// The stored code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => PENDING,
            Self::Accounted => ACCOUNTED,
            Self::Failed => FAILED,
            Self::Unrecognized(code) => code.code(),
        }
    }

    /// The value of a code. A code that this version does not know is kept.
    #[must_use]
    pub fn from_str_code(code: &str) -> Self {
        Self::known(code)
            .unwrap_or_else(|| Self::Unrecognized(UnrecognizedCode::__from_code(code.to_owned())))
    }

    fn known(code: &str) -> Option<Self> {
        match code {
            PENDING | CREATED => Some(Self::Pending),
            ACCOUNTED => Some(Self::Accounted),
            FAILED => Some(Self::Failed),
            _ => None,
        }
    }
}

impl CodedEnum for RecordStatus {
    type Code = String;

    const KNOWN: &'static [Self] = &[Self::Pending, Self::Accounted, Self::Failed];

    fn code(&self) -> String {
        self.as_str().to_owned()
    }

    fn from_code(code: String) -> Self {
        Self::known(&code)
            .unwrap_or_else(|| Self::Unrecognized(UnrecognizedCode::__from_code(code)))
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Accounted => "Accounted",
            Self::Failed => "Failed",
            Self::Unrecognized(_) => "Unrecognized",
        }
    }

    fn is_known(&self) -> bool {
        !matches!(self, Self::Unrecognized(_))
    }
}

const fn definition(code: &'static str, name: &'static str, description: &'static str) -> CodeDef {
    CodeDef {
        code: Code::Text(code),
        name,
        description,
    }
}

impl Field for RecordStatus {
    const TYPE: ColumnType = ColumnType::Text { max_chars: 16 };
    const CODES: &'static [CodeDef] = &[
        definition(
            PENDING,
            "Pending",
            "An amount is held for it, and nothing was charged.",
        ),
        definition(ACCOUNTED, "Accounted", "It was charged."),
        definition(
            FAILED,
            "Failed",
            "It was refused, voided, or its hold expired.",
        ),
    ];

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        match self {
            Self::Unrecognized(code) => sink.unrecognized_text(code.code()),
            known => sink.text(known.as_str()),
        }
    }

    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        Ok(row.text(index)?.map(Self::from_str_code))
    }
}

impl fmt::Display for RecordStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unrecognized(code) => fmt::Display::fmt(code, f),
            known => f.pad(known.name()),
        }
    }
}

impl Serialize for RecordStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RecordStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        value_free(deserializer).map(Self::from_code)
    }
}
