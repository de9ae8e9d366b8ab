//! What a plan rests on that nobody has documented. Each is a switch of the simulator.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that is believed of Dynamics or SharePoint, and not known.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Belief {
    /// Writing the row replaces what it held, and adds none.
    RowReplaced,
    /// A process signs with what it loaded until it is started anew.
    RecycleNeeded,
    /// Running the script again puts the key into a new container, without the access that was given.
    ScriptImportsAgain,
    /// The script honours the provider that the PFX names.
    ScriptHonoursProvider,
    /// The script grants the account that it is given.
    ScriptGrants,
    /// The job that reads the metadata is there and can be started.
    JobThere,
    /// A trust takes the certificate of the metadata as soon as the job has run.
    TrustFollowsJob,
    /// The metadata document shows a new row within about a minute, without a restart.
    MetadataWithinAMinute,
}

impl Belief {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::RowReplaced,
        Self::RecycleNeeded,
        Self::ScriptImportsAgain,
        Self::ScriptHonoursProvider,
        Self::ScriptGrants,
        Self::JobThere,
        Self::TrustFollowsJob,
        Self::MetadataWithinAMinute,
    ];

    /// Returns what is believed, and what is done should it be otherwise.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::RowReplaced => {
                "writing the row replaces what it held (observed, not documented); were a second row added, the roll is undone"
            }
            Self::RecycleNeeded => {
                "a process signs with the old certificate until it is started anew (not documented); every one is started anew"
            }
            Self::ScriptImportsAgain => {
                "the script with -updateCrm imports again and loses the access that was given (inferred); that node is mended, granted and proven again"
            }
            Self::ScriptHonoursProvider => {
                "the script imports the key into the provider that the PFX names (inferred); where not, the key is installed again natively"
            }
            Self::ScriptGrants => {
                "the script gives its -serviceAccount access (documented, contradictory about whom); every account is granted by s2scert as well"
            }
            Self::JobThere => {
                "SharePoint has the job RefreshMetadataFeed and lets it be started (documented for another product); where not, the roll is undone"
            }
            Self::TrustFollowsJob => {
                "a trust takes the certificate from the metadata when that job runs (observed, not documented); it is looked at until it does"
            }
            Self::MetadataWithinAMinute => {
                "the metadata document shows the new row within a minute (observed, not documented); it is looked at until it does"
            }
        }
    }
}
