//! The evidence of a roll in one document: the plan with the facts before, the journal, the facts afterwards, the part of the
//! audit log, and what program it was. It holds no secret.
//!
//! Its hash tells a document that was cut or edited on its way. It does not tell who wrote it: for that the heads of journal
//! and audit log must be known from elsewhere (docs/SECURITY.md). `examples/check_evidence.py` checks it without any code of
//! this program.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::admission::Admitted;
use super::basis::FarmSeen;
use crate::farm::bundle::fingerprint;
use crate::protocol::{Hex, Id};

/// The format.
pub const SCHEMA: &str = "s2scert.evidence/1.0";

/// The document.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// `s2scert.evidence/1.0`.
    pub schema: String,
    /// When it was put together.
    pub made: Timestamp,
    /// By what program.
    pub program: Program,
    /// The roll.
    pub roll: Id,
    /// SHA-256 of the plan.
    pub plan_sha256: Hex<32>,
    /// The plan, octet for octet. The facts before the roll stand in it.
    pub plan: String,
    /// The lines of the journal, octet for octet.
    pub journal: Vec<String>,
    /// The hash of its last line.
    pub journal_head: Hex<32>,
    /// The facts afterwards, where somebody looked.
    pub after: Option<After>,
    /// The lines of the audit log of the controller, octet for octet.
    pub audit: Vec<String>,
    /// SHA-256 of all the above: the document without this field, as JSON without white space, keys sorted, UTF-8.
    pub sha256: Hex<32>,
}

/// What program.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Its version.
    pub version: String,
    /// The commit that it was built from, where it is known.
    pub commit: Option<String>,
    /// SHA-256 of the running file, where it could be read.
    pub sha256: Option<Hex<32>>,
}

/// The facts afterwards.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// When they were looked at.
    pub at: Timestamp,
    /// What was seen.
    pub seen: FarmSeen,
}

/// What is put together.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The lines of the journal.
    pub journal: Vec<String>,
    /// The hash of its last line.
    pub journal_head: Hex<32>,
    /// The facts afterwards.
    pub after: Option<After>,
    /// The lines of the audit log.
    pub audit: Vec<String>,
}

impl Evidence {
    /// Puts the evidence of a roll together.
    #[must_use]
    pub fn of(admitted: &Admitted, parts: Parts, program: Program, made: Timestamp) -> Self {
        let plan = admitted.plan();
        let mut evidence = Self {
            schema: SCHEMA.to_owned(),
            made,
            program,
            roll: plan.roll.clone(),
            plan_sha256: admitted.digest(),
            plan: String::from_utf8(plan.bytes()).unwrap_or_default(),
            journal: parts.journal,
            journal_head: parts.journal_head,
            after: parts.after,
            audit: parts.audit,
            sha256: Hex::from([0; 32]),
        };
        evidence.sha256 = evidence.hash();
        evidence
    }

    fn hash(&self) -> Hex<32> {
        // What is made of plain structures can always be written.
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(fields) = value.as_object_mut() {
            fields.remove("sha256");
        }
        Hex::from(*fingerprint(&value).as_bytes())
    }
}
