//! Prints tables on the terminal.

use std::io;

use super::outcome::say;

/// Prints a table: columns of numbers to the right, all others to the left, as wide as needed.
pub(crate) fn print<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> io::Result<()> {
    let mut columns: Vec<Column> = head.iter().map(|title| Column::new(title)).collect();
    for row in rows {
        for (column, cell) in columns.iter_mut().zip(row) {
            column.width = column.width.max(cell.chars().count());
            column.numeric &= cell
                .chars()
                .all(|char| char.is_ascii_digit() || "-,.".contains(char));
        }
    }
    line(&head.map(str::to_owned), &columns)?;
    let rule: Vec<String> = columns
        .iter()
        .map(|column| "─".repeat(column.width))
        .collect();
    say!("  {}", rule.join("  "));
    for row in rows {
        line(row, &columns)?;
    }
    Ok(())
}

struct Column {
    width: usize,
    numeric: bool,
}

impl Column {
    fn new(title: &str) -> Self {
        Self {
            width: title.chars().count(),
            numeric: true,
        }
    }
}

fn line(cells: &[String], columns: &[Column]) -> io::Result<()> {
    let cells: Vec<String> = cells
        .iter()
        .zip(columns)
        .map(|(cell, Column { width, numeric })| {
            if *numeric {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        })
        .collect();
    say!("  {}", cells.join("  ").trim_end());
    Ok(())
}

/// A number in groups of three digits: `1,234,567`.
pub(crate) fn number(value: impl Into<i128>) -> String {
    let value: i128 = value.into();
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0 { format!("-{text}") } else { text }
}
