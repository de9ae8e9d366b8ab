//! `docs/doctor.md`, made from the table.

use super::TABLE;

/// Returns the page.
#[must_use]
pub fn doctor_page() -> String {
    let count: usize = TABLE.iter().map(|part| part.checks.len()).sum();
    let mut page = format!(
        "# What a farm needs before it can be set up or rolled\n\n\
         `s2scert doctor` judges these {count} checks. Each is graded for each server: `ok`; `warn` (a roll can be done, and something may go\n\
         wrong); `fail` (a roll cannot be done, or would break something); `unseen` (it could not be seen from here, which is no `ok`).\n\
         Without farm.toml it looks at this server alone. `--from DIR` takes what servers showed from bundles. Exit code 3 when a check\n\
         fails, 8 when something was unseen and nothing fails, else 0. Written from the table in `src/doctor`; a test compares the two.\n"
    );
    for part in &TABLE {
        page.push_str(&format!("\n## {}\n", part.title));
        for check in part.checks {
            page.push_str(&format!(
                "\n### `{}`\n\n{}: {}.\n\n- Mend: {}\n- Unseen: {}\n- Source: {}\n",
                check.id, check.wants, check.why, check.remedy, check.look, check.source
            ));
        }
    }
    page
}
