//! Validity, lifetime and remaining life.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::facts::{Facts, Stage};
use crate::policy::report::Report;
use crate::policy::view::CertificateView;

use super::CertificateRule;

const SECONDS_PER_HOUR: i64 = 3600;
const SECONDS_PER_DAY: i64 = 24 * SECONDS_PER_HOUR;

/// The certificate is valid at this moment: neither expired nor not yet valid.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValidityNow {}

impl CertificateRule for ValidityNow {
    fn check(&self, view: &CertificateView<'_>, facts: &Facts<'_>, report: &mut Report) {
        if let Some(fault) = validity_fault(view, facts.now) {
            report.certificate(
                view,
                fault,
                "bring a certificate that is valid now, or set the clock of this machine right",
            );
        }
    }
}

/// Returns what is wrong with the validity at `now`.
pub(super) fn validity_fault(view: &CertificateView<'_>, now: Timestamp) -> Option<String> {
    let (not_before, not_after) = (view.certificate.not_before(), view.certificate.not_after());
    if not_before > not_after {
        Some(format!("the validity ends ({not_after}) before it starts ({not_before})"))
    } else if now > not_after {
        Some(format!("the certificate expired on {not_after}"))
    } else if now < not_before {
        Some(format!("the certificate is valid only from {not_before} on"))
    } else {
        None
    }
}

fn life_seconds(view: &CertificateView<'_>) -> i64 {
    view.certificate.not_after().as_second() - view.certificate.not_before().as_second()
}

/// The time from start to end of validity is not too long.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaxLifetime {
    /// The longest life allowed, in days of 24 hours; the difference of the two instants is what counts.
    days: u32,
}

impl CertificateRule for MaxLifetime {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let life = life_seconds(view);
        if life > i64::from(self.days) * SECONDS_PER_DAY {
            let message = format!("the certificate lives {}, longer than {} days", days(life), self.days);
            report.certificate(view, message, "issue it for fewer days (s2scert issue --days N)");
        }
    }
}

/// The time from start to end of validity is not too short.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MinLifetime {
    /// The shortest life allowed, in days of 24 hours.
    days: u32,
}

impl CertificateRule for MinLifetime {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let life = life_seconds(view);
        if life < i64::from(self.days) * SECONDS_PER_DAY {
            let message = format!("the certificate lives {}, less than {} days", days(life), self.days);
            report.certificate(view, message, "issue it for more days (s2scert issue --days N)");
        }
    }
}

/// Enough of the life is left. With both parameters, both are demanded. An expired certificate has nothing left.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MinRemainingLife {
    /// The days of 24 hours that must be left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    days: Option<u32>,
    /// The part of the whole life that must be left, in percent (1 to 100).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    percent: Option<u8>,
}

impl CertificateRule for MinRemainingLife {
    fn validate(&self) -> Result<(), String> {
        match (self.days, self.percent) {
            (None, None) => Err("give `days`, `percent` or both".to_owned()),
            (_, Some(0 | 101..)) => Err("`percent` goes from 1 to 100".to_owned()),
            _ => Ok(()),
        }
    }

    fn check(&self, view: &CertificateView<'_>, facts: &Facts<'_>, report: &mut Report) {
        let not_after = view.certificate.not_after();
        let left = (not_after.as_second() - facts.now.as_second()).max(0);
        let life = life_seconds(view).max(0);
        let remedy = "roll to a new certificate now, while the old one still works: ask your authority for one, or make \
                      one for evaluation with s2scert issue";
        if let Some(wanted) = self.days.filter(|wanted| left < i64::from(*wanted) * SECONDS_PER_DAY) {
            let message = format!("{} of life are left (until {not_after}), fewer than {wanted} days", days(left));
            report.certificate(view, message, remedy);
        }
        // Both sides are seconds below 2^38, so the products fit.
        if let Some(wanted) = self.percent.filter(|wanted| left * 100 < life * i64::from(*wanted)) {
            let share = if life == 0 { 0 } else { left * 100 / life };
            let message = format!("{share} percent of life are left (until {not_after}), fewer than {wanted} percent");
            report.certificate(view, message, remedy);
        }
    }
}

/// When a certificate is made, its validity does not start far in the past. Says nothing of certificates made earlier.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackdatingLimit {
    /// The longest time between start of validity and the making, in hours.
    hours: u32,
}

impl CertificateRule for BackdatingLimit {
    fn check(&self, view: &CertificateView<'_>, facts: &Facts<'_>, report: &mut Report) {
        if facts.stage != Stage::Issue {
            return;
        }
        let not_before = view.certificate.not_before();
        let back = facts.now.as_second() - not_before.as_second();
        if back > i64::from(self.hours) * SECONDS_PER_HOUR {
            let message = format!("the validity starts on {not_before}, more than {} hours ago", self.hours);
            report.certificate(view, message, "set the clock right, or start the validity later");
        }
    }
}

/// Days with one decimal, so that "29.9 days, fewer than 30 days" does not read as "30 days, fewer than 30 days".
fn days(seconds: i64) -> String {
    let tenths = seconds.div_euclid(SECONDS_PER_DAY / 10);
    if tenths % 10 == 0 {
        format!("{} days", tenths / 10)
    } else {
        format!("{}.{} days", tenths / 10, tenths.abs() % 10)
    }
}
