//! `rotate verify`: the proof that every server and SharePoint use the certificate of a plan. Nothing is changed.

use schemars::JsonSchema;
use serde::Serialize;

use super::credential::Sealer;
use super::places::Rolls;
use super::run::{Options, find_for_proof};
use super::token::{self, Asked};
use super::world::Here;
use super::{Reach, described, owner, refused, words};
use crate::app::farm::metadata::Documents;
use crate::error::{Error, ExitCode, Kind, Result};
use crate::ports::Host;
use crate::rotation::basis::FarmSeen;
use crate::rotation::engine::{self, Operator};
use crate::rotation::observe::observe;
use crate::rotation::plan::Plan;
use crate::rotation::world::Nobody;

/// The schema of [`VerifyReport`].
pub const SCHEMA: &str = "s2scert.rotate-verify/1.0";

/// What `rotate verify` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct VerifyReport {
    /// `s2scert.rotate-verify/1.0`.
    pub schema: &'static str,
    /// The roll whose certificate is proven.
    pub roll: String,
    /// SHA-1 of the certificate.
    pub thumbprint: String,
    /// Whether everything is proven.
    pub proven: bool,
    /// What was looked at.
    pub lines: Vec<ProofLine>,
    /// What still names the old certificate.
    pub references: Vec<String>,
    /// Where the old certificate still lies, which breaks nothing.
    pub remains: Vec<String>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ProofLine {
    /// The server.
    pub node: String,
    /// What is to be so.
    pub what: String,
    /// Whether it is: `so`, `not`, `unseen`.
    pub verdict: &'static str,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The next steps, where a token was not taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<String>,
}

impl VerifyReport {
    /// Returns the exit code.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.lines.iter().any(|line| line.verdict == "not") || !self.references.is_empty() {
            ExitCode::Finding
        } else if self.proven {
            ExitCode::Ok
        } else {
            ExitCode::PartialView
        }
    }
}

/// What is proven beside the rest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum With {
    /// Nothing.
    Nothing,
    /// That SharePoint takes a token of the new key.
    Token,
}

/// Proves.
///
/// # Errors
/// When there is no plan to prove, the description cannot be read, or it names no site for a token.
pub fn verify(host: &Host, options: &Options, with: With, reach: &Reach<'_>) -> Result<VerifyReport> {
    let rolls = Rolls::find(host, options.state.as_deref())?.ok_or_else(|| {
        Error::new(Kind::Unreadable, "no roll was begun from here").hint("begin one: s2scert rotate plan")
    })?;
    let found = find_for_proof(host, &rolls, options)?;
    let plan = found.admitted.plan();
    let farm = described(host, &found.farm)?;
    let transport = reach(&found.farm)?;
    let documents = Documents::of(host, &farm, &found.farm);
    let sealer = Sealer::new(host, plan.basis.asked.certificate.certificate.as_bytes(), None)?;
    let here = Here(host);
    let world = here.world(&*transport, &documents, &sealer, &Nobody);
    let mut journal = rolls.of(&plan.roll)?.journal()?;
    let operator = Operator { owner: owner(host)?, take_over: None };
    let verdicts =
        engine::verify(&found.admitted, &farm, world, &mut journal, &operator).map_err(|stop| refused::stop(&stop))?;
    let mut lines: Vec<ProofLine> = verdicts
        .into_iter()
        .map(|(step, verdict)| {
            let (verdict, why) = verdict.parts();
            ProofLine { node: step.node.to_string(), what: words::step(step), verdict, why, next: Vec::new() }
        })
        .collect();
    if with == With::Token {
        let thumbprint = plan.basis.asked.certificate.thumbprint;
        let asked = Asked { host, farm: &farm, description: &found.farm, transport: &*transport, thumbprint };
        lines.extend(token::lines(&asked)?);
    }
    let seen = observe(&farm, &*transport);
    let (references, remains) = seen.as_ref().map(|seen| old(plan, seen)).unwrap_or_default();
    let proven = lines.iter().all(|line| line.verdict == "so") && references.is_empty() && seen.is_ok();
    Ok(VerifyReport {
        schema: SCHEMA,
        roll: plan.roll.to_string(),
        thumbprint: words::print(&plan.basis.asked.certificate.thumbprint),
        proven,
        lines,
        references,
        remains,
    })
}

/// Returns what still names the old certificate, and where it still lies.
fn old(plan: &Plan, seen: &FarmSeen) -> (Vec<String>, Vec<String>) {
    let before = plan.basis.seen.current().and_then(|row| row.thumbprint);
    let Some(old) = before.filter(|old| *old != plan.basis.asked.certificate.thumbprint) else {
        return (Vec::new(), Vec::new());
    };
    let rows = seen.issuer_rows().filter(|row| row.thumbprint == Some(old));
    let mut references: Vec<String> = rows.map(|row| format!("the row {} names it", row.id.as_str())).collect();
    for farm in &seen.sharepoint {
        let trusts = farm.trusts.iter().filter(|trust| trust.accepted.contains(&old));
        references.extend(trusts.map(|trust| format!("the trust {} in {} accepts it", trust.name.as_str(), farm.name)));
    }
    let remains = seen.nodes.iter().filter(|node| node.holds(&old)).map(|node| node.name.to_string());
    (references, remains.collect())
}
