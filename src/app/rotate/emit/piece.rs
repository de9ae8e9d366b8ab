//! What somebody runs for one step of a plan: a script, and its data. Which script belongs to which check and act is decided here
//! and nowhere else in this room.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::native::{self, Native};
use crate::cert::Fingerprint;
use crate::error::{Error, Kind, Result};
use crate::node::powershell::{
    Call, CertificateReconfiguration, CertificateType, Field, GetAppPools, GetCrmCertificate, GetMetadataJob,
    GetServices, GetSharePointTrusts, HoldMetadataJob, Marker, Needs, OneUsePassword, REMOVE_CRM_CERTIFICATE,
    RecycleAppPool, ReleaseMetadataJob, ResetIis, RestartService, Script, SetCrmCertificate, StartMetadataJob, input,
};
use crate::node::store::proof_text;
use crate::protocol::{Hex, Id, Octets};
use crate::rotation::basis::{ALTERNATIVE_ROW, RowSeen, ServiceKind};
use crate::rotation::plan::{Accounts, Act, Check, Plan, ScriptOrder, Step, Which};
use crate::rotation::planner::HandPart;

/// The folder on a server in which the PFX and the certificates lie while somebody does a step.
pub(super) const FOLDER: &str = r"C:\ProgramData\s2scert\by-hand";
/// How the row finds the certificate.
const FIND_TYPE: &str = "FindBySubjectDistinguishedName";
/// For what the proof of a step by hand is made.
pub(super) const PURPOSE: &str = "by-hand";

/// Why a step is done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::app::rotate) enum Part {
    /// To see whether it is so.
    Look,
    /// To make it so.
    Do,
}

impl Part {
    /// Returns the word in the names of files.
    pub(in crate::app::rotate) const fn word(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Do => "do",
        }
    }
}

/// What runs.
#[derive(Clone, Copy)]
pub(in crate::app::rotate) enum Realisation {
    /// A script of the bridge, octet for octet.
    Bridge(Script),
    /// A script of this room.
    Native(Native),
}

impl Realisation {
    /// Returns the text.
    pub(super) fn text(self) -> String {
        match self {
            Self::Bridge(script) => script.text(),
            Self::Native(script) => script.text(),
        }
    }

    /// Returns the name.
    pub(in crate::app::rotate) const fn name(self) -> &'static str {
        match self {
            Self::Bridge(script) => script.name,
            Self::Native(script) => script.name,
        }
    }

    /// Returns how far it is proven (docs/rolling.md).
    pub(super) const fn level(self) -> &'static str {
        match self {
            Self::Bridge(_) => "the bridge's own script, subset-interpreted; unverified on Windows",
            Self::Native(_) => "written for use by hand, parsed and never run; unverified on Windows",
        }
    }
}

/// One script with its data.
pub(in crate::app::rotate) struct Piece {
    pub(in crate::app::rotate) part: Part,
    pub(in crate::app::rotate) runs: Realisation,
    /// One line of JSON. No secret is in it.
    pub(super) data: Vec<u8>,
    /// Whether it goes on to another server, so that the session needs credentials to go on with.
    pub(super) goes_on: bool,
    /// What is put into the data when it is run.
    pub(super) asks: Option<Asked>,
}

/// What somebody puts in when a script is run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Asked {
    /// The password of the PFX.
    Password,
    /// The access list that was there before.
    Access,
    /// The number of a row, which is not known before it is written.
    Row,
}

/// The pieces of a plan.
pub(in crate::app::rotate) struct Pieces<'a> {
    pub(in crate::app::rotate) plan: &'a Plan,
    pub(in crate::app::rotate) digest: Hex<32>,
}

impl Pieces<'_> {
    /// Returns the path on a server of a file that is copied there.
    pub(super) fn path(name: &str) -> String {
        format!(r"{FOLDER}\{name}")
    }

    /// Returns what somebody runs for a step: to look, and to act. Where there is nothing, it is done by other means.
    ///
    /// # Errors
    /// When the data cannot be written.
    pub(in crate::app::rotate) fn of(&self, step: &Step) -> Result<Vec<Piece>> {
        let mut pieces = match HandPart::of(self.plan, step) {
            Some((part, node)) => self.hand(step, part, node)?,
            None => self.act(step)?,
        };
        pieces.extend(self.look(step)?);
        Ok(pieces)
    }

    /// Returns the server on which a step is done. What people do on a server of theirs stands with the others in the plan.
    pub(in crate::app::rotate) fn place<'s>(&'s self, step: &'s Step) -> &'s Id {
        HandPart::of(self.plan, step).map_or(&step.node, |(_, node)| &node.name)
    }

    fn look(&self, step: &Step) -> Result<Option<Piece>> {
        let new = self.thumbprint(Which::New);
        let piece = match &step.check {
            Check::Present | Check::Usable | Check::AccessAsBefore => Some(self.show(step, new, None)?),
            Check::Readable(accounts) => Some(self.show(step, new, Some(accounts))?),
            Check::Ready(_) => Some(self.prove(step)?),
            Check::RowIsNew | Check::RowsAsBefore | Check::AlternativeIs(_) | Check::NoAlternative => {
                Some(self.bridge(step, Part::Look, &GetCrmCertificate)?)
            }
            Check::Metadata(check) => {
                let all = &self.plan.basis.seen.organizations;
                let address = all.iter().find(|one| one.name == check.organization).map(|one| one.metadata.as_str());
                let fields = [("address", Field::Text(address.unwrap_or_default()))];
                Some(self.native(step, Part::Look, native::READ_METADATA, &fields)?)
            }
            Check::Began(began) => Some(match began.service.kind {
                ServiceKind::Pool => self.bridge(step, Part::Look, &GetAppPools)?,
                ServiceKind::Service => self.bridge(step, Part::Look, &GetServices)?,
            }),
            Check::JobRan | Check::JobHeld | Check::JobFree => Some(self.bridge(step, Part::Look, &GetMetadataJob)?),
            Check::Trust(_) | Check::Untrusted(_) => Some(self.bridge(step, Part::Look, &GetSharePointTrusts)?),
            Check::Gone(which) => Some(self.show(step, self.thumbprint(*which), None)?),
            Check::Quarantine(_) | Check::Recorded | Check::Ran(_) | Check::Open(_) => None,
        };
        Ok(piece)
    }

    fn act(&self, step: &Step) -> Result<Vec<Piece>> {
        let pieces = match &step.act {
            Act::Look | Act::ByHand(_) | Act::Drain(_) | Act::Undrain(_) => Vec::new(),
            Act::ImportByScript(order) => vec![self.script(step, order, false)?],
            Act::Switch(order) => vec![self.script(step, order, true)?],
            Act::ImportNatively => vec![self.install(step)?],
            Act::Mend => vec![self.remove(step, Which::New)?, self.install(step)?],
            Act::Grant(accounts) => {
                vec![self.grant(step, accounts)?]
            }
            Act::RestoreAccess => {
                let fields = self.opened(Which::New, "ReadOnly");
                let fields = [&fields.each()[..], &[("access", Field::Null)]].concat();
                let piece = self.native(step, Part::Do, native::RESTORE_ACCESS, &fields)?;
                vec![Piece { asks: Some(Asked::Access), ..piece }]
            }
            Act::RestoreRows => self.restore_rows(step)?,
            Act::Recycle(named) => {
                vec![self.bridge(step, Part::Do, &RecycleAppPool { name: named.name.as_str().to_owned() })?]
            }
            Act::Restart(named) => {
                vec![self.bridge(step, Part::Do, &RestartService { name: named.name.as_str().to_owned() })?]
            }
            Act::Refresh => vec![self.bridge(step, Part::Do, &StartMetadataJob)?],
            Act::HoldJob => vec![self.bridge(step, Part::Do, &HoldMetadataJob)?],
            Act::ReleaseJob => vec![self.bridge(step, Part::Do, &ReleaseMetadataJob)?],
            Act::ResetWeb => vec![self.bridge(step, Part::Do, &ResetIis)?],
            Act::SetAlternative(which) => vec![self.set_alternative(step, *which)?],
            Act::RemoveAlternative => vec![self.remove_alternative(step)?],
            Act::Remove(which) => vec![self.remove(step, *which)?],
        };
        Ok(pieces)
    }

    pub(super) fn script(&self, step: &Step, order: &ScriptOrder, update_crm: bool) -> Result<Piece> {
        let call = CertificateReconfiguration {
            sha256: order.script_sha256.to_string(),
            certificate_file: Self::path("new.pfx"),
            // It gives way to nothing below: who runs the script puts the real one in.
            password: OneUsePassword::generate(&[0; 16]),
            certificate_type: CertificateType::S2sTokenIssuer,
            service_account: order.service_account.as_str().to_owned(),
            store_find_type: Some(FIND_TYPE.to_owned()),
            update_crm,
        };
        Ok(Piece { asks: Some(Asked::Password), ..self.bridge(step, Part::Do, &call)? })
    }

    pub(super) fn grant(&self, step: &Step, accounts: &Accounts) -> Result<Piece> {
        let names = joined(accounts);
        let fields = self.opened(Which::New, "ReadOnly");
        let fields = [&fields.each()[..], &[("accounts", Field::Text(&names))]].concat();
        self.native(step, Part::Do, native::GRANT, &fields)
    }

    pub(super) fn install(&self, step: &Step) -> Result<Piece> {
        let (file, thumbprint) = (Self::path("new.pfx"), self.thumbprint(Which::New));
        let fields = [
            ("certificateFile", Field::Text(&file)),
            ("password", Field::Null),
            ("thumbprint", Field::Text(&thumbprint)),
        ];
        let piece = self.native(step, Part::Do, native::INSTALL, &fields)?;
        Ok(Piece { asks: Some(Asked::Password), ..piece })
    }

    pub(super) fn remove(&self, step: &Step, which: Which) -> Result<Piece> {
        self.native(step, Part::Do, native::REMOVE, &self.opened(which, "ReadWrite").each())
    }

    /// The row gets its old certificate back. Where there was none, the row's number is not known before it is written: the
    /// runbook says how it is removed.
    fn restore_rows(&self, step: &Step) -> Result<Vec<Piece>> {
        let Some(RowSeen { certificate: Some(_), .. }) = self.plan.basis.seen.current() else { return Ok(Vec::new()) };
        let call = SetCrmCertificate {
            certificate_type: CertificateType::S2sTokenIssuer,
            expected_data: BASE64.encode(self.plan.basis.asked.certificate.certificate.as_bytes()),
            data_file: Self::path("old.cer"),
            name: None,
        };
        Ok(vec![self.bridge(step, Part::Do, &call)?])
    }

    /// Publishes a certificate beside the one that is signed with. The old one takes the place of the new one there, once the
    /// new one is signed with.
    fn set_alternative(&self, step: &Step, which: Which) -> Result<Piece> {
        let seen = &self.plan.basis.seen;
        let before = seen.rows.iter().find(|row| row.certificate_type.as_str() == ALTERNATIVE_ROW);
        let (expected, file) = match which {
            Which::New => (before.and_then(|row| row.certificate.as_ref()), "new.cer"),
            Which::Old => (Some(&self.plan.basis.asked.certificate.certificate), "old.cer"),
        };
        let call = SetCrmCertificate {
            certificate_type: CertificateType::AlternativeS2sTokenIssuer,
            expected_data: expected.map(|der| BASE64.encode(der.as_bytes())).unwrap_or_default(),
            data_file: Self::path(file),
            name: None,
        };
        self.bridge(step, Part::Do, &call)
    }

    fn remove_alternative(&self, step: &Step) -> Result<Piece> {
        let fields =
            [("id", Field::Null), ("certificateType", Field::Text(CertificateType::AlternativeS2sTokenIssuer.word()))];
        let piece = self.piece(step, Part::Do, Realisation::Bridge(REMOVE_CRM_CERTIFICATE), &fields)?;
        Ok(Piece { goes_on: true, asks: Some(Asked::Row), ..piece })
    }

    pub(super) fn show(&self, step: &Step, thumbprint: String, accounts: Option<&Accounts>) -> Result<Piece> {
        let names = accounts.map(joined).unwrap_or_default();
        let opened = Opened { thumbprint, mode: "ReadOnly" };
        let fields = [&opened.each()[..], &[("accounts", Field::Text(&names))]].concat();
        self.native(step, Part::Look, native::SHOW, &fields)
    }

    pub(super) fn prove(&self, step: &Step) -> Result<Piece> {
        let text = BASE64.encode(self.proof_text(step));
        let opened = self.opened(Which::New, "ReadOnly");
        let fields = [&opened.each()[..], &[("text", Field::Text(&text))]].concat();
        self.native(step, Part::Look, native::PROVE, &fields)
    }

    /// The octets that a server signs for a step. The nonce follows from plan and step: the plan is new for each roll.
    pub(in crate::app::rotate) fn proof_text(&self, step: &Step) -> Vec<u8> {
        let nonce = Hex::from(*Fingerprint::of(format!("nonce\n{}\n{}", self.digest, step.id).as_bytes()).as_bytes());
        proof_text(&nonce.to_string(), self.place(step).as_str(), PURPOSE, &self.thumbprint(Which::New))
    }

    fn opened(&self, which: Which, mode: &'static str) -> Opened {
        Opened { thumbprint: self.thumbprint(which), mode }
    }

    pub(super) fn thumbprint(&self, which: Which) -> String {
        let basis = &self.plan.basis;
        let old = || basis.seen.current().and_then(|row| row.thumbprint);
        let print = match which {
            Which::New => Some(basis.asked.certificate.thumbprint),
            Which::Old => old(),
        };
        print.map(|print| print.to_string()).unwrap_or_default()
    }

    /// Returns the certificate of the row before the roll, where it is known.
    pub(super) fn old_certificate(&self) -> Option<&Octets> {
        let rows = &self.plan.basis.seen;
        rows.current().filter(|row| row.certificate_type.as_str() != ALTERNATIVE_ROW)?.certificate.as_ref()
    }

    pub(super) fn bridge<C: Call>(&self, step: &Step, part: Part, call: &C) -> Result<Piece> {
        let fields = call.fields();
        let plain = |(name, field)| (name, if matches!(field, Field::Secret(_)) { Field::Null } else { field });
        let fields: Vec<(&str, Field<'_>)> = fields.into_iter().map(plain).collect();
        let piece = self.piece(step, part, Realisation::Bridge(C::SCRIPT), &fields)?;
        Ok(Piece { goes_on: call.needs() == Needs::NetworkIdentity, ..piece })
    }

    pub(super) fn native(
        &self,
        step: &Step,
        part: Part,
        script: Native,
        fields: &[(&str, Field<'_>)],
    ) -> Result<Piece> {
        self.piece(step, part, Realisation::Native(script), fields)
    }

    fn piece(&self, step: &Step, part: Part, runs: Realisation, fields: &[(&str, Field<'_>)]) -> Result<Piece> {
        let data = input(&self.marker(step, part, runs.name()), fields).map_err(|error| {
            Error::new(Kind::Internal, "the data of a step cannot be written").at(step.id.as_str()).because(error)
        })?;
        Ok(Piece { part, runs, data: data.to_vec(), goes_on: false, asks: None })
    }

    /// The marker lines tell this plan, step and script from every other, so that an output can be told to belong to it.
    pub(in crate::app::rotate) fn marker(&self, step: &Step, part: Part, script: &str) -> Marker {
        let name = format!("marker\n{}\n{}\n{}\n{script}", self.digest, step.id, part.word());
        let hash = Fingerprint::of(name.as_bytes());
        let mut octets = [0; 16];
        octets.copy_from_slice(&hash.as_bytes()[..16]);
        Marker::new(&octets)
    }
}

/// The data with which a certificate is opened.
struct Opened {
    thumbprint: String,
    mode: &'static str,
}

impl Opened {
    fn each(&self) -> [(&'static str, Field<'_>); 2] {
        [("thumbprint", Field::Text(&self.thumbprint)), ("mode", Field::Text(self.mode))]
    }
}

fn joined(accounts: &Accounts) -> String {
    accounts.names.iter().map(|one| one.as_str()).collect::<Vec<_>>().join("|")
}
