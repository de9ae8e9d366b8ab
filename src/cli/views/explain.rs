//! The view of `explain`.

use std::fmt::Write as _;

use super::{WIDTH, wrapped};
use crate::app::explain::ExplainReport;

/// Renders what a text may mean.
pub(crate) fn render(report: &ExplainReport) -> String {
    let mut text = String::new();
    for code in &report.codes {
        let _ = writeln!(text, "{code}");
    }
    for found in &report.matches {
        if !text.is_empty() {
            text.push('\n');
        }
        wrapped(&mut text, "", WIDTH, &format!("{}  [{}]", found.text, found.id));
        let also = if found.also.is_empty() { String::new() } else { format!("; also {}", found.also.join(", ")) };
        wrapped(&mut text, "  ", WIDTH, &format!("said by {}{also}; fits by {} %", found.layer, found.likeness));
        for (index, cause) in found.causes.iter().enumerate() {
            let mut lines = String::new();
            wrapped(&mut lines, "     ", WIDTH, &cause.what);
            let _ = write!(text, "  {}. {}", index + 1, lines.trim_start());
            wrapped(&mut text, "     ", WIDTH, &format!("tell: {}", cause.tell));
            wrapped(&mut text, "     ", WIDTH, &format!("mend: {}", cause.mend));
            wrapped(&mut text, "     ", WIDTH, &format!("({})", cause.source));
        }
    }
    text
}
