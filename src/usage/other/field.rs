//! How `other` is stored: as JSON text, NULL when it is empty.

use genledger_contract::row::{ParamSink, RowReader};
use genledger_contract::table::ColumnType;
use genledger_contract::{Field, Result};

use super::UsageLogOther;

impl Field for UsageLogOther {
    const TYPE: ColumnType = ColumnType::Json;
    // The empty text is not JSON, and `{}` would differ from the text that was written.
    const NULLABLE: bool = true;

    fn write(&self, sink: &mut dyn ParamSink) -> Result<()> {
        if self.is_empty() {
            sink.null()
        } else {
            sink.json(self.as_str())
        }
    }

    fn read_option(row: &dyn RowReader, index: usize) -> Result<Option<Self>> {
        Ok(row.text(index)?.map(Self::from_text))
    }

    fn read(row: &dyn RowReader, index: usize) -> Result<Self> {
        Ok(Self::read_option(row, index)?.unwrap_or_default())
    }
}
