//! The input of the databases' own loaders.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Result;

use peers::LogRow;

/// Writes rows as CSV; `null` stands for NULL.
pub(crate) fn write(path: &Path, rows: &[LogRow], null: &str) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut line = String::new();
    for row in rows {
        line.clear();
        write!(
            line,
            "{},{},{},{},",
            row.id, row.user_id, row.created_at, row.kind
        )?;
        for text in [
            &row.content,
            &row.username,
            &row.token_name,
            &row.model_name,
        ] {
            quoted(&mut line, text);
            line.push(',');
        }
        write!(
            line,
            "{},{},{},{},{},{},{},",
            row.quota,
            row.prompt_tokens,
            row.completion_tokens,
            row.use_time,
            u8::from(row.is_stream),
            row.channel_id,
            row.token_id
        )?;
        quoted(&mut line, &row.group);
        for text in [&row.ip, &row.request_id] {
            line.push(',');
            match text {
                Some(text) => quoted(&mut line, text),
                None => line.push_str(null),
            }
        }
        line.push(',');
        quoted(&mut line, &row.other);
        line.push('\n');
        file.write_all(line.as_bytes())?;
    }
    file.flush()?;
    Ok(())
}

fn quoted(line: &mut String, text: &str) {
    line.push('"');
    for piece in text.split_inclusive('"') {
        line.push_str(piece);
        if piece.ends_with('"') {
            line.push('"');
        }
    }
    line.push('"');
}
