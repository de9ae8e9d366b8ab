//! What a farm needs before it can be set up or rolled, as one table of named checks. Pure: [`Facts`] go in, [`Judged`]
//! comes out.
//!
//! | file | holds |
//! |---|---|
//! | `facts` | everything a check may look at |
//! | `sight` | what one check saw of one server, and how such sights are gathered |
//! | `described`, `reach`, `rights`, `powershell`, `machine`, `services`, `certificates`, `sharepoint`, `roll` | the rows of the table |
//! | `calendar` | the next span in which servers may be recycled |
//! | `page` | `docs/doctor.md`, made from the table |
//!
//! What was not seen is `unseen`, never `ok`.

mod calendar;
mod certificates;
mod described;
mod facts;
mod machine;
mod page;
mod powershell;
mod reach;
mod rights;
mod roll;
mod services;
mod sharepoint;
mod sight;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::Serialize;

use crate::protocol::{Service, Services};

pub use facts::{Described, Facts, Server, Way};
pub use machine::target as windows_server;
pub use page::doctor_page;
pub use sharepoint::product as sharepoint_product;
pub use sight::{Grade, Sight};

/// One row of the table.
pub struct Check {
    /// The stable identifier, never reused.
    pub id: &'static str,
    /// What has to be so, as a short sentence.
    pub wants: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to do where it is not so.
    pub remedy: &'static str,
    /// How it can be seen where s2scert did not see it.
    pub look: &'static str,
    /// Where that is known from.
    pub source: &'static str,
    /// Judges it.
    pub judge: fn(&Facts<'_>) -> Vec<Sight>,
}

/// A part of the table.
pub struct Part {
    /// Its heading.
    pub title: &'static str,
    /// Its rows.
    pub checks: &'static [Check],
}

/// The table.
pub const TABLE: [Part; 9] = [
    Part { title: "The description of the farm", checks: described::CHECKS },
    Part { title: "Reaching the servers", checks: reach::CHECKS },
    Part { title: "Rights", checks: rights::CHECKS },
    Part { title: "PowerShell and Microsoft's script", checks: powershell::CHECKS },
    Part { title: "The machines", checks: machine::CHECKS },
    Part { title: "Dynamics 365", checks: services::CHECKS },
    Part { title: "Certificates and keys", checks: certificates::CHECKS },
    Part { title: "SharePoint", checks: sharepoint::CHECKS },
    Part { title: "Before a roll", checks: roll::CHECKS },
];

/// What came of one check.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Judged {
    /// The check.
    pub id: &'static str,
    /// The part of the table.
    pub part: &'static str,
    /// What has to be so.
    pub wants: &'static str,
    /// The worst of what was seen.
    pub grade: Grade,
    /// What was seen, server by server.
    pub seen: Vec<Sight>,
    /// Why it matters.
    pub why: &'static str,
    /// What to do where it is not so.
    pub remedy: &'static str,
    /// How it can be seen where s2scert did not see it.
    pub look: &'static str,
    /// Where that is known from.
    pub source: &'static str,
}

/// Judges every check of the table, in its order.
#[must_use]
pub fn judge(facts: &Facts<'_>) -> Vec<Judged> {
    let rows = TABLE.iter().flat_map(|part| part.checks.iter().map(move |check| (part, check)));
    rows.map(|(part, check)| {
        let seen = (check.judge)(facts);
        // A check that looked at nothing has not seen that all is well.
        let grade = seen.iter().map(|sight| sight.grade).max().unwrap_or(Grade::Unseen);
        Judged {
            id: check.id,
            part: part.title,
            wants: check.wants,
            grade,
            seen,
            why: check.why,
            remedy: check.remedy,
            look: check.look,
            source: check.source,
        }
    })
    .collect()
}

/// Returns the services and pools that sign: the application pool of the web role, and the asynchronous service.
#[must_use]
pub fn signing_services(list: &Services) -> Vec<&Service> {
    let pool = list.pools.iter().filter(|one| one.name.as_str().eq_ignore_ascii_case("CRMAppPool"));
    let services = list.services.iter().filter(|one| one.name.as_str().eq_ignore_ascii_case("MSCRMAsyncService"));
    pool.chain(services).collect()
}
