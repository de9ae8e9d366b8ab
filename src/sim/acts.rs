//! What actions see and do on a simulated node: stores, keys, Microsoft's script, rows, services, SharePoint.

#![expect(clippy::result_large_err, reason = "an outcome that ends an action is passed on as it is")]

use jiff::Timestamp;

use super::fault::Fault;
use super::node::{done, failed, refused};
use super::state::{RowKind, SimRow, State, Stored};
use super::trace::{Cert, NEW, What};
use crate::cert::Password;
use crate::protocol::{
    AccessFacts, Action, CrmCertificateSet, Facts, Hex, Holds, Install, Issuer, JobFacts, List, Nothing, Octets,
    Outcome, ProofFacts, Reconfigure, RefusalCode, Row, RowType, Rows, ScriptFacts, ScriptRun, Service, Services, Text,
    Trusts, Unclear,
};
use crate::rotation::basis::{ALTERNATIVE_ROW, ISSUER_ROW, ServiceKind};
use crate::rotation::belief::Belief;

type Looked = Result<(Option<Holds>, Facts), Outcome>;

fn probe(holds: bool, facts: Facts) -> Looked {
    Ok((Some(if holds { Holds::Yes } else { Holds::No }), facts))
}

const fn nothing() -> Facts {
    Facts::Nothing(Nothing {})
}

/// Begins with this what the password of a staged PFX is, so that a leak is found.
pub(super) const CANARY: &str = "one-use-password-";

/// The service of the web server.
pub(super) const WEB: &str = "W3SVC";

fn password_of(sealed: u64) -> String {
    format!("{CANARY}{sealed}")
}

/// Returns the password of a sealed PFX.
pub(super) fn password(sealed: u64) -> Password {
    Password::new(password_of(sealed))
}

impl State {
    /// Looks.
    pub(super) fn look(&mut self, node: usize, action: &Action) -> Looked {
        if let Some(facts) = self.look_at_kept(node, action) {
            return Ok((None, facts));
        }
        let cert = |thumbprint: &Hex<20>| self.cert_of(thumbprint);
        match action {
            Action::Remove(remove) => {
                let there = cert(&remove.thumbprint).and_then(|cert| self.nodes[node].find(cert));
                probe(there.is_none(), nothing())
            }
            Action::Install(install) => {
                let readers = self.mask(&install.readers);
                let there = cert(&install.thumbprint).and_then(|cert| self.nodes[node].find(cert));
                probe(there.is_some_and(|one| one.usable && one.readers & readers == readers), nothing())
            }
            Action::Grant(asked) => match cert(&asked.thumbprint).and_then(|cert| self.nodes[node].find(cert)) {
                Some(one) => {
                    let wanted = self.mask(&asked.names);
                    probe(one.readers & wanted == wanted, access(one.readers))
                }
                None => Err(failed("no certificate in the store My has this thumbprint")),
            },
            Action::AccessShow(which) => match cert(&which.thumbprint).and_then(|cert| self.nodes[node].find(cert)) {
                Some(one) => Ok((None, access(one.readers))),
                None => Err(failed("no certificate in the store My has this thumbprint")),
            },
            Action::RestoreAccess(asked) => {
                match cert(&asked.thumbprint).and_then(|cert| self.nodes[node].find(cert)) {
                    Some(one) => probe(list(one.readers) == asked.list, access(one.readers)),
                    None => Err(failed("no certificate in the store My has this thumbprint")),
                }
            }
            Action::Describe(_) => Ok((None, self.description(node))),
            Action::StoreList(_) => Ok((None, self.store_facts(node))),
            Action::Services(_) => Ok((None, self.service_facts(node))),
            Action::CrmCertificates(_) => Ok((None, self.row_facts())),
            Action::Prove(prove) => match cert(&prove.thumbprint) {
                Some(cert) if self.nodes[node].find(cert).is_some() => {
                    if cert == NEW {
                        self.tell(What::Proved { node });
                    }
                    let signature = signature(&prove.nonce, &prove.thumbprint, self.nodes[node].name.as_str());
                    let certificate = self.certs[usize::from(cert)].der.clone();
                    let node = Text::told(self.nodes[node].name.as_str());
                    match Octets::new(signature) {
                        Some(signature) => Ok((None, Facts::Proof(ProofFacts { certificate, node, signature }))),
                        None => Err(failed("too long")),
                    }
                }
                _ => Err(failed("no certificate in the store My has this thumbprint")),
            },
            Action::PoolRecycle(asked) | Action::ServiceRestart(asked) => {
                let after = self.seconds(asked.after);
                let name = asked.name.as_str();
                let there = self.nodes[node].processes.iter().find(|one| one.seen.name.eq_ignore_ascii_case(name));
                probe(there.is_some_and(|one| one.begun > after), self.service_facts(node))
            }
            Action::MetadataJob(_) => self.job(node).map(|facts| (None, facts)),
            Action::MetadataJobStart(asked) => {
                let facts = self.job(node)?;
                let after = self.seconds(asked.after);
                let last = self.sharepoint.iter().find(|farm| farm.server == node).and_then(|farm| farm.last_success);
                probe(last.is_some_and(|begun| begun > after), facts)
            }
            Action::MetadataJobHold(_) => {
                let facts = self.job(node)?;
                let held = self.sharepoint.iter().find(|farm| farm.server == node);
                probe(held.is_some_and(|farm| farm.held && farm.running.is_none()), facts)
            }
            Action::MetadataJobRelease(_) => {
                let facts = self.job(node)?;
                let held = self.sharepoint.iter().find(|farm| farm.server == node).is_some_and(|farm| farm.held);
                probe(!held, facts)
            }
            Action::IisReset(asked) => {
                let after = self.seconds(asked.after);
                let there = self.nodes[node].processes.iter().find(|one| one.seen.name == WEB);
                probe(there.is_some_and(|one| one.begun > after), self.service_facts(node))
            }
            Action::SharepointTrusts(_) => {
                let farm = self.sharepoint.iter().find(|farm| farm.server == node);
                let Some(farm) = farm else { return Err(refused(RefusalCode::NotHere, "no SharePoint here")) };
                let issuer = |(name, accepted): &(Text, Vec<Cert>)| Issuer {
                    name: name.clone(),
                    registered_name: Text::default(),
                    metadata_endpoint: Text::told("https://crm.contoso.com/XrmServices/2015/metadataendpoint.svc/json"),
                    certificates: List::first(accepted.iter().map(|one| self.certs[usize::from(*one)].der.clone())),
                };
                Ok((
                    None,
                    Facts::Trusts(Trusts {
                        build: Text::default(),
                        realm: Text::default(),
                        issuers: List::first(farm.trusts.iter().map(issuer)),
                        roots: List::default(),
                        servers: List::default(),
                        applications: List::default(),
                        proxies: List::default(),
                    }),
                ))
            }
            Action::Signals(_) | Action::CrmMonitoring(_) => Ok((None, super::describe::signals(action))),
            _ => Err(refused(RefusalCode::NotHere, "the simulation does not know this")),
        }
    }

    fn job(&self, node: usize) -> Result<Facts, Outcome> {
        let farm = self.sharepoint.iter().find(|farm| farm.server == node);
        let farm = farm.ok_or_else(|| refused(RefusalCode::NotHere, "no SharePoint here"))?;
        if !self.believed(Belief::JobThere) {
            return Err(refused(RefusalCode::Moved, "job-not-one"));
        }
        Ok(Facts::Job(JobFacts {
            name: Text::told("RefreshMetadataFeed"),
            held: farm.held,
            running: u32::from(farm.running.is_some()),
            last_success: farm.last_success.map(|begun| self.instant(begun)),
            schedule: Text::told("daily"),
        }))
    }

    fn service_facts(&self, node: usize) -> Facts {
        let of = |kind| {
            let processes = self.nodes[node].processes.iter().filter(move |process| process.seen.kind == kind);
            List::first(processes.map(|process| Service {
                name: Text::told(&process.seen.name),
                state: Text::told("Running"),
                account: Text::told(&process.seen.account),
                begun: Some(self.instant(process.begun)),
            }))
        };
        Facts::Services(Services {
            services: of(ServiceKind::Service),
            pools: of(ServiceKind::Pool),
            gaps: List::default(),
        })
    }

    fn row_facts(&self) -> Facts {
        let row = |row: &SimRow| Row {
            id: Text::told(&row.id.to_string()),
            name: Text::default(),
            certificate_type: Text::told(match row.kind {
                RowKind::Issuer => ISSUER_ROW,
                RowKind::Alternative => ALTERNATIVE_ROW,
            }),
            thumbprint: Some(self.thumbprint(row.cert)),
            certificate: Some(self.certs[usize::from(row.cert)].der.clone()),
            store_name: Text::default(),
            store_location: Text::default(),
            store_find_type: Text::default(),
        };
        Facts::Rows(Rows { rows: List::first(self.rows.iter().map(row)) })
    }

    /// An action begins.
    pub(super) fn begin(&mut self, node: usize, action: &Action, run: u32) {
        if let Action::Reconfigure(asked) = action {
            let (rows, unready) = (self.row_certs(), self.unready());
            self.tell_as(run, What::ScriptBegins { node, update_crm: asked.update_crm, rows, unready });
        }
    }

    /// An action is cut off before it has its effect.
    pub(super) fn cut(&mut self, node: usize, action: &Action, run: u32) {
        if matches!(action, Action::Reconfigure(_)) {
            self.tell_as(run, What::ScriptEnds { node });
        }
    }

    /// An action has its effect.
    pub(super) fn effect(&mut self, node: usize, action: &Action, run: u32, fate: Option<Fault>) -> Outcome {
        let outcome = match (action, fate) {
            (Action::Reconfigure(asked), fate) => self.script(node, asked, run, fate),
            (_, Some(Fault::Fails)) => failed("the machine failed, and nothing was changed"),
            (action, _) => self.act(node, action, run),
        };
        self.cut(node, action, run);
        match (fate, outcome) {
            (Some(Fault::FailsAfter), Outcome::Done(_)) => Outcome::Unclear(Unclear {
                begun: Timestamp::UNIX_EPOCH,
                why: Text::told("it failed in the middle"),
                holds: Holds::Unseen,
                facts: nothing(),
            }),
            (_, outcome) => outcome,
        }
    }

    /// Takes the staged PFX, which is gone afterwards.
    fn take_staged(&mut self, node: usize, password: &Password) -> Result<(), Outcome> {
        match self.nodes[node].staged.take() {
            None => Err(failed("no PFX is staged on this node")),
            Some(sealed) if password.expose() == password_of(sealed) => Ok(()),
            Some(_) => Err(failed("the PFX does not open with the one-use password")),
        }
    }

    fn act(&mut self, node: usize, action: &Action, run: u32) -> Outcome {
        match action {
            Action::Stage(stage) => {
                let sealed = std::str::from_utf8(stage.pfx.expose()).ok().and_then(|text| text.parse().ok());
                match sealed {
                    Some(sealed) if stage.password.password().expose() == password_of(sealed) => {
                        self.nodes[node].staged = Some(sealed);
                        done(nothing())
                    }
                    _ => failed("the PFX does not open with the one-use password"),
                }
            }
            Action::Unstage(_) => {
                self.nodes[node].staged = None;
                done(nothing())
            }
            Action::Install(install) => self.install(node, install, run),
            Action::Remove(remove) => {
                let Some(cert) = self.cert_of(&remove.thumbprint) else { return done(nothing()) };
                if self.nodes[node].find(cert).is_some() {
                    let (bound, all_new) = (self.is_bound(node, cert), self.all_new());
                    if bound {
                        return refused(RefusalCode::Moved, "a TLS binding uses this certificate");
                    }
                    self.nodes[node].store.retain(|one| one.cert != cert);
                    self.tell_as(run, What::Removed { node, cert, bound, all_new });
                }
                done(nothing())
            }
            Action::Grant(asked) => {
                let mask = self.mask(&asked.names);
                self.set_access(node, &asked.thumbprint, run, |readers| readers | mask)
            }
            Action::RestoreAccess(asked) => match asked.list.as_str().strip_prefix("readers:").map(str::parse) {
                Some(Ok(mask)) => self.set_access(node, &asked.thumbprint, run, |_| mask),
                _ => failed("no access list"),
            },
            Action::CrmCertificateSet(asked) => self.set_row(asked, run),
            Action::CrmCertificateRemove(asked) => {
                let rows = self.rows.iter().filter(|row| row.id.to_string() != asked.id.as_str()).cloned().collect();
                self.change_rows(run, rows);
                done(nothing())
            }
            Action::PoolRecycle(asked) | Action::ServiceRestart(asked) => {
                if self.restart(run, node, asked.name.as_str()) {
                    done(nothing())
                } else {
                    refused(RefusalCode::NotHere, "service-absent")
                }
            }
            Action::MetadataJobStart(_) => match self.job(node) {
                Err(outcome) => outcome,
                Ok(facts) => {
                    if let Some(farm) = self.sharepoint.iter().position(|farm| farm.server == node) {
                        self.job_begins(farm);
                    }
                    self.tell_as(run, What::JobStarted);
                    done(facts)
                }
            },
            Action::MetadataJobHold(_) | Action::MetadataJobRelease(_) => {
                let held = matches!(action, Action::MetadataJobHold(_));
                if let Err(outcome) = self.job(node) {
                    return outcome;
                }
                if let Some(farm) = self.sharepoint.iter().position(|farm| farm.server == node)
                    && self.sharepoint[farm].held != held
                {
                    self.sharepoint[farm].held = held;
                    self.tell_as(run, What::JobHeld { farm, held });
                }
                self.job(node).map_or_else(|outcome| outcome, done)
            }
            Action::IisReset(_) => {
                if self.restart(run, node, WEB) {
                    done(nothing())
                } else {
                    refused(RefusalCode::NotHere, "service-absent")
                }
            }
            _ => refused(RefusalCode::NotHere, "the simulation does not know this"),
        }
    }

    fn set_access(&mut self, node: usize, thumbprint: &Hex<20>, run: u32, turn: impl Fn(u32) -> u32) -> Outcome {
        let Some(cert) = self.cert_of(thumbprint) else { return failed("no such certificate") };
        let Some(one) = self.nodes[node].store.iter_mut().find(|one| one.cert == cert) else {
            return failed("no certificate in the store My has this thumbprint");
        };
        let before = one.readers;
        one.readers = turn(before);
        let facts = access(one.readers);
        if one.readers != before {
            self.tell_as(run, What::Access { node });
        }
        done(facts)
    }

    fn put(&mut self, node: usize, cert: Cert, usable: bool, readers: u32, run: u32) {
        self.nodes[node].store.retain(|one| one.cert != cert);
        self.nodes[node].store.push(Stored { cert, usable, readers });
        self.tell_as(run, What::Imported { node, cert });
    }

    fn install(&mut self, node: usize, install: &Install, run: u32) -> Outcome {
        if let Err(outcome) = self.take_staged(node, install.password.password()) {
            return outcome;
        }
        let readers = self.mask(&install.readers);
        match self.nodes[node].find(NEW).cloned() {
            Some(one) if !one.usable => failed("the certificate is there already, with another key or provider"),
            Some(_) => self.set_access(node, &install.thumbprint, run, |before| before | readers),
            None => {
                self.put(node, NEW, true, readers, run);
                done(nothing())
            }
        }
    }

    fn set_row(&mut self, asked: &CrmCertificateSet, run: u32) -> Outcome {
        let kind = kind(asked.certificate_type);
        let found: Vec<Hex<20>> = self.certs_of(kind).map(|cert| self.thumbprint(cert)).collect();
        if found != asked.expected.into_iter().collect::<Vec<_>>() {
            return refused(RefusalCode::Moved, "row-moved");
        }
        let cert = self.certs.iter().position(|one| one.der == asked.certificate);
        let Some(cert) = cert else { return failed("no such certificate") };
        self.write_row(kind, cert as Cert, run);
        done(self.row_facts())
    }

    /// Writes the row: the first of its type is replaced, or, where that belief is wrong, another is added.
    pub(super) fn write_row(&mut self, kind: RowKind, cert: Cert, run: u32) {
        let mut rows = self.rows.clone();
        let replaced = self.believed(Belief::RowReplaced) || self.certs_of(kind).any(|one| one == cert);
        match rows.iter_mut().find(|row| row.kind == kind).filter(|_| replaced) {
            Some(row) => row.cert = cert,
            None => {
                let id = rows.iter().map(|row| row.id).max().unwrap_or_default() + 1;
                rows.push(SimRow { id, kind, cert });
            }
        }
        self.change_rows(run, rows);
    }

    /// Microsoft's script. Its exit code proves nothing.
    fn script(&mut self, node: usize, asked: &Reconfigure, run: u32, fate: Option<Fault>) -> Outcome {
        if self.nodes[node].script != Some(asked.script_sha256) {
            return refused(RefusalCode::Moved, "script-changed");
        }
        if let Err(outcome) = self.take_staged(node, asked.password.password()) {
            return outcome;
        }
        let told = |errors: &[&str]| {
            done(Facts::Script(ScriptRun {
                script: ScriptFacts { file: Text::default(), sha256: asked.script_sha256, signature: Text::default() },
                exit_code: Some(0),
                errors: List::first(errors.iter().map(|one| Text::told(one))),
                output: List::default(),
                staged: List::default(),
            }))
        };
        if fate == Some(Fault::Fails) {
            return told(&["The remote server returned an error: (400) Bad Request."]);
        }
        if self.nodes[node].find(NEW).is_none() || self.believed(Belief::ScriptImportsAgain) {
            let granted = self.believed(Belief::ScriptGrants);
            let readers = if granted { self.mask(std::slice::from_ref(&asked.service_account)) } else { 0 };
            self.put(node, NEW, self.believed(Belief::ScriptHonoursProvider), readers, run);
        }
        // Half a run: the store is changed and the row is not.
        let half = fate == Some(Fault::FailsAfter) && self.dice.below(2) == 0;
        if asked.update_crm && !half {
            self.write_row(kind(asked.certificate_type), NEW, run);
        }
        told(&[])
    }
}

const fn kind(of: RowType) -> RowKind {
    match of {
        RowType::S2STokenIssuer => RowKind::Issuer,
        RowType::AlternativeS2STokenIssuer => RowKind::Alternative,
    }
}

fn list(readers: u32) -> Text {
    Text::told(&format!("readers:{readers}"))
}

fn access(readers: u32) -> Facts {
    let now = list(readers);
    Facts::Access(AccessFacts {
        place: Text::default(),
        before: now.clone(),
        now,
        differences: List::default(),
        findings: List::default(),
    })
}

/// What a node of the simulation answers a question with.
pub(super) fn signature(nonce: &Hex<32>, thumbprint: &Hex<20>, node: &str) -> Vec<u8> {
    [nonce.as_bytes().as_slice(), thumbprint.as_bytes(), node.as_bytes()].concat()
}
