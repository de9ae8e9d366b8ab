//! The view of `fieldtest`.

use std::fmt::Write as _;

use super::{WIDTH, field, wrapped};
use crate::app::fieldtest::FieldReport;

/// Renders what was seen and what is left.
pub(crate) fn render(report: &FieldReport) -> String {
    let mut text = String::from("Looked, and changed nothing\n");
    for look in &report.looks {
        match &look.why {
            None => field(&mut text, &look.look, "seen"),
            Some(why) => {
                field(&mut text, &look.look, "not seen");
                wrapped(&mut text, "                  ", WIDTH, why);
            }
        }
    }
    let _ = writeln!(text, "{} of {} questions have what was to be looked at", report.seen, report.questions);
    field(&mut text, "bundle", &report.bundle.display().to_string());
    field(&mut text, "SHA-256", &report.sha256);
    text.push_str("Names are replaced by pseudonyms; read the bundle before you hand it on all the same\n");
    let _ = writeln!(text, "{} steps are left to be tried by hand: docs/FIELD-TESTS.md", report.by_hand);
    text
}
