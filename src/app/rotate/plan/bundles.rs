//! What a plan says of the bundles that it was made from.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::Options;
use crate::app::report::quoted;
use crate::rotation::plan::Plan;

/// One bundle that a plan was made from.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct BundleLine {
    /// The server.
    pub server: String,
    /// When it was looked at, by its own clock.
    pub collected_at: Timestamp,
    /// How old that was when the plan was made, in seconds; negative where the server's clock was ahead.
    pub age_seconds: i64,
    /// The same in words.
    pub age: String,
    /// The s2scert that looked.
    pub by: String,
    /// SHA-256 of the facts in it.
    pub sha256: String,
}

/// Returns the bundles of a plan.
pub(in crate::app) fn lines(plan: &Plan) -> Vec<BundleLine> {
    let now = plan.basis.asked.now;
    let line = |one: &crate::rotation::basis::CollectedSeen| {
        let age = now.duration_since(one.at);
        BundleLine {
            server: one.node.to_string(),
            collected_at: one.at,
            age_seconds: age.as_secs(),
            age: words(age),
            by: one.by.as_str().to_owned(),
            sha256: one.sha256.to_string(),
        }
    };
    plan.basis.seen.collected.iter().map(line).collect()
}

/// Says how long before the plan a server was looked at.
fn words(age: SignedDuration) -> String {
    let seconds = age.as_secs();
    let several = |count: i64, one: &str| format!("{count} {one}{} before", if count == 1 { "" } else { "s" });
    match seconds {
        ..=-60 => format!("{} minutes later than the plan, by its own clock", -seconds / 60),
        -59..60 => "within a minute of the plan".to_owned(),
        60..7200 => several(seconds / 60, "minute"),
        7200..172_800 => several(seconds / 3600, "hour"),
        _ => several(seconds / 86_400, "day"),
    }
}

/// Returns what is done next where not everything was seen.
pub(super) fn after_unseen(options: &Options) -> Vec<String> {
    let farm = quoted(&options.farm);
    match &options.from {
        None => vec![
            format!("find out why, and what else a roll needs: s2scert doctor --farm {farm}"),
            format!("see what is seen: s2scert farm status --farm {farm}"),
        ],
        Some(folder) => collecting(folder, &farm),
    }
}

/// Returns how bundles are collected anew, and looked at.
pub(super) fn collecting(folder: &Path, farm: &str) -> Vec<String> {
    let folder = quoted(folder);
    vec![
        format!("collect what is missing: s2scert farm collect --all --out {folder} --force --farm {farm}"),
        format!("see what the bundles show: s2scert farm status --from {folder} --farm {farm}"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_as_a_person_would() {
        let told = |seconds| words(SignedDuration::from_secs(seconds));
        assert_eq!(told(5), "within a minute of the plan");
        assert_eq!(told(-30), "within a minute of the plan");
        assert_eq!(told(60), "1 minute before");
        assert_eq!(told(7199), "119 minutes before");
        assert_eq!(told(7200), "2 hours before");
        assert_eq!(told(200_000), "2 days before");
        assert_eq!(told(-600), "10 minutes later than the plan, by its own clock");
        assert!(told(i64::MIN + 1).contains("later") && told(i64::MAX).contains("days before"));
    }
}
