//! `watch --rotate`: a roll that nobody sits at. Prepared once the certificate of the row should have been rolled, and carried out
//! where description, policy and calendar allow it. Whatever keeps it back is said in the alert, with the next command.

mod hands;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::super::farm;
use super::super::report::quoted;
use super::super::rotate::Credentials;
use super::{channels, folder};
use crate::cert::container;
use crate::error::{Error, Result};
use crate::farm::description::{Farm, SecretSource, Unattended};
use crate::ports::{Held, Host, StateFolder};
use crate::rotation::season;
use crate::watch::facts::{CertificateFacts, minute};
use crate::watch::unattended::{Attempt, Attempts, FORMAT, Outcome, RollNews};

pub(super) use hands::{Hands, Machine};
use hands::{Planned, Trial};

/// The record of rolls that were begun, in the state folder.
const RECORD: &str = "unattended.json";
/// The most that is read of it.
const MAX_RECORD: u64 = 1 << 20;
/// The lock that a run holds from its preparation to its end.
const LOCK: &str = "unattended.lock";
/// The plan, in the state folder.
const PLAN: &str = "unattended-plan.json";

/// What is to be rolled.
pub(super) struct Order {
    /// The description of the farm.
    pub(super) farm: PathBuf,
    /// The certificate of the row, whose act-by date has passed.
    pub(super) certificate: CertificateFacts,
    /// The state folder.
    pub(super) state: Option<PathBuf>,
    /// Variables that no program gets.
    pub(super) hidden: Vec<String>,
    /// The instant at which all this is decided.
    pub(super) now: Timestamp,
}

/// A roll that is about to be carried out. The lock goes with it.
pub(super) struct Begin<'a> {
    host: &'a Host,
    hands: &'a dyn Hands,
    order: Order,
    trial: Trial,
    planned: Planned,
    folder: Arc<dyn StateFolder>,
    attempts: Attempts,
    details: Vec<(&'static str, String)>,
    _held: Box<dyn Held>,
}

/// What keeps a roll back: how far it came, why, and the next command.
struct Kept {
    outcome: Outcome,
    why: String,
    next: String,
}

fn kept(outcome: Outcome, why: impl Into<String>, next: impl Into<String>) -> Kept {
    Kept { outcome, why: why.into(), next: next.into() }
}

fn said(error: &Error) -> String {
    let causes = error.causes().join(": ");
    let place = error.place().map(|place| format!(" ({place})")).unwrap_or_default();
    if causes.is_empty() { format!("{}{place}", error.what()) } else { format!("{}{place}: {causes}", error.what()) }
}

/// Prepares a roll. Nothing of the farm is changed.
pub(super) fn prepare<'a>(host: &'a Host, order: Order, hands: &'a dyn Hands) -> (RollNews, Option<Begin<'a>>) {
    let mut details = Vec::new();
    match ready(host, &order, hands, &mut details) {
        Ok(Ready { trial, planned, folder, attempts, held }) => {
            let next = format!("see how far it is: s2scert rotate status --farm {}", quoted(&order.farm));
            let news = news(&order, kept(Outcome::Begins, "", next), details.clone());
            let begin = Begin { host, hands, order, trial, planned, folder, attempts, details, _held: held };
            (news, Some(begin))
        }
        Err(kept) => (news(&order, kept, details), None),
    }
}

fn news(order: &Order, kept: Kept, details: Vec<(&'static str, String)>) -> RollNews {
    let Kept { outcome, why, next } = kept;
    let CertificateFacts { fingerprint, subject, .. } = &order.certificate;
    RollNews { certificate: fingerprint.clone(), subject: subject.clone(), outcome, why, details, next }
}

struct Ready {
    trial: Trial,
    planned: Planned,
    folder: Arc<dyn StateFolder>,
    attempts: Attempts,
    held: Box<dyn Held>,
}

/// Does everything that changes nothing, until something keeps the roll back.
fn ready(
    host: &Host,
    order: &Order,
    hands: &dyn Hands,
    details: &mut Vec<(&'static str, String)>,
) -> Result<Ready, Kept> {
    let farm_file = quoted(&order.farm);
    let by_hand = format!("roll by hand: s2scert rotate plan --farm {farm_file} --credential FILE");
    let described = farm::load(host, &order.farm)
        .map_err(|error| {
            kept(Outcome::Forbidden, said(&error), format!("see why: s2scert farm check --farm {farm_file}"))
        })?
        .farm;
    let Some(unattended) = &described.unattended else {
        let why = "farm.toml has no [unattended]";
        return Err(kept(Outcome::NotStaged, why, by_hand));
    };
    let (folder, held, attempts) = record(host, order)?;
    if let Some(attempt) = attempts.of(&order.certificate.fingerprint) {
        return Err(tried(attempt, &farm_file));
    }
    let status = format!("see what stands: s2scert rotate status --farm {farm_file}");
    match hands.standing(&order.farm) {
        Ok(None) => {}
        Ok(Some(what)) => return Err(kept(Outcome::Busy, what, status)),
        Err(error) => return Err(kept(Outcome::Busy, said(&error), status)),
    }
    let trial = staged(host, order, unattended, hands, &folder.path().join(PLAN))?;
    let see = format!("see it: s2scert rotate plan --farm {farm_file} --credential {}", quoted(&trial.file()));
    let planned = hands.plan(&trial).map_err(|error| kept(Outcome::NotPlanned, said(&error), see.clone()))?;
    details.extend(planned.details.iter().cloned());
    if let Some((outcome, why)) = &planned.against {
        let next = if planned.next.is_empty() { see } else { planned.next.clone() };
        return Err(kept(*outcome, why.clone(), next));
    }
    if planned.certificate != trial.certificate {
        return Err(kept(Outcome::OtherCredential, "the file was changed while it was read", by_hand));
    }
    let again = format!("see it: s2scert rehearse {}", quoted(&trial.out));
    let rehearsed =
        hands.rehearse(&trial.out).map_err(|error| kept(Outcome::NotRehearsed, said(&error), again.clone()))?;
    details.push(("rehearsal", rehearsed.told));
    if let Some(why) = rehearsed.against {
        return Err(kept(Outcome::NotRehearsed, why, again));
    }
    allowed(&described, unattended, &planned, order.now)?;
    Ok(Ready { trial, planned, folder, attempts, held })
}

/// The state folder with the record in it, and the lock under which it is read and written.
type Noted = (Arc<dyn StateFolder>, Box<dyn Held>, Attempts);

/// Opens the record, under the lock.
fn record(host: &Host, order: &Order) -> Result<Noted, Kept> {
    let next = "see that this account may write the state folder, and that nothing in it is damaged";
    let unkept = |error: Error| kept(Outcome::Forbidden, format!("no roll can be noted: {}", said(&error)), next);
    let folder = folder(host, order.state.as_deref()).map_err(unkept)?;
    let held = folder.lock(LOCK, Duration::ZERO).map_err(|error| unkept(error.into()))?;
    let Some(held) = held else {
        let next = "see how far it is: s2scert rotate status";
        return Err(kept(Outcome::Busy, "another run of the watch is at it", next));
    };
    let bytes = folder.read(RECORD, MAX_RECORD).map_err(|error| unkept(error.into()))?;
    let attempts = match bytes {
        None => Attempts::default(),
        // Without the record it is not known whether there was a roll, so there is none.
        Some(bytes) => serde_json::from_slice::<Attempts>(&bytes)
            .ok()
            .filter(|one| one.format == FORMAT)
            .ok_or_else(|| kept(Outcome::Forbidden, format!("{RECORD} in the state folder cannot be read"), next))?,
    };
    Ok((folder, held, attempts))
}

/// Says what became of the roll that there was.
fn tried(attempt: &Attempt, farm: &str) -> Kept {
    let (how, next) = match attempt.end {
        Some(Outcome::RolledBack) => {
            ("was taken back", format!("plan anew: s2scert rotate plan --farm {farm} --credential FILE"))
        }
        Some(Outcome::Manual) => ("has left something to do", format!("see what: s2scert rotate status --farm {farm}")),
        Some(Outcome::Done) => (
            "was done, and the row names the old certificate again",
            format!("see why: s2scert farm status --farm {farm}"),
        ),
        _ => (
            "has not ended",
            format!(
                "see how it stands: s2scert rotate status --farm {farm}, then go on with it: s2scert rotate resume"
            ),
        ),
    };
    kept(Outcome::Tried, format!("the roll {} of {} {how}", attempt.roll, minute(attempt.at)), next)
}

/// Looks whether what is staged is what farm.toml names.
fn staged(host: &Host, order: &Order, unattended: &Unattended, hands: &dyn Hands, out: &Path) -> Result<Trial, Kept> {
    let beside = |path: &Path| order.farm.parent().map_or_else(|| path.to_owned(), |folder| folder.join(path));
    let file = beside(&unattended.credential);
    let shown = quoted(&file);
    let stage = format!("stage one, and name it in [unattended] of farm.toml; look at it: s2scert inspect {shown}");
    let absent = |error: Error| kept(Outcome::NotStaged, said(&error), stage.clone());
    farm::refuse_what_others_may_write(host, &file).map_err(absent)?;
    let limit = container::MAX_SIZE as u64;
    let bytes = host.files.read(&file, limit).map_err(|error| absent(error.into()))?;
    if !unattended.sha256.is_of(&bytes) {
        return Err(kept(Outcome::OtherCredential, format!("{shown} has another SHA-256"), stage));
    }
    drop(bytes);
    let mut passwords = Vec::new();
    if let Some(source) = &unattended.password {
        let source = match source {
            SecretSource::File(path) => SecretSource::File(beside(path)),
            other => other.clone(),
        };
        passwords.push(channels::source_of(&source, &order.hidden).map_err(absent)?);
    }
    let found = hands.staged(&file, &passwords).map_err(absent)?;
    if !unattended.key_sha256.is_of(&found.key) {
        return Err(kept(Outcome::OtherCredential, format!("{shown} holds another key"), stage));
    }
    if found.not_after <= order.certificate.expiry {
        let why = format!("it expires on {}, no later than the one in use", minute(found.not_after));
        return Err(kept(Outcome::NotStaged, why, stage));
    }
    Ok(Trial {
        farm: order.farm.clone(),
        credentials: Credentials { file: Some(file), passwords },
        out: out.to_owned(),
        certificate: found.fingerprint,
    })
}

/// Looks whether a plan that was rehearsed may be carried out now.
fn allowed(farm: &Farm, unattended: &Unattended, planned: &Planned, now: Timestamp) -> Result<(), Kept> {
    if !unattended.apply {
        return Err(kept(Outcome::Prepared, "", planned.next.clone()));
    }
    if planned.by_hand {
        return Err(kept(Outcome::Prepared, "some of its steps are done by hand", planned.next.clone()));
    }
    if farm.windows.is_empty() {
        return Err(kept(Outcome::Closed, "farm.toml has no [[window]]", planned.next.clone()));
    }
    match season::closed(&farm.windows, &farm.freezes, now) {
        Some(closed) => Err(kept(Outcome::Closed, closed.why, planned.next.clone())),
        None => Ok(()),
    }
}

impl Begin<'_> {
    /// Carries the roll out, and returns what became of it. It is noted before it begins, so that there is no second one.
    pub(super) fn carried_out(self) -> RollNews {
        let Self { host, hands, order, trial, planned, folder, mut attempts, mut details, .. } = self;
        let farm = quoted(&order.farm);
        attempts.begin(Attempt {
            certificate: order.certificate.fingerprint.clone(),
            at: host.clock.now(),
            roll: planned.roll.clone(),
            plan_sha256: planned.digest.clone(),
            end: None,
        });
        if let Err(error) = write(&*folder, &attempts) {
            let next = "see that the state folder can be written; the next run tries again";
            return news(&order, kept(Outcome::Forbidden, format!("it cannot be noted: {error}"), next), details);
        }
        let kept = match hands.apply(&trial, &planned.digest) {
            Ok(ran) => {
                attempts.end(ran.outcome);
                details.extend(ran.details);
                // The journal of the roll says it, too.
                if let Err(error) = write(&*folder, &attempts) {
                    details.push(("not noted", error.to_string()));
                }
                kept(ran.outcome, ran.why, ran.next)
            }
            Err(error) => {
                let next = format!("see how it stands: s2scert rotate status --farm {farm}");
                let hint = error.hints().iter().find(|hint| hint.contains("s2scert ")).cloned();
                kept(Outcome::Stopped, said(&error), hint.unwrap_or(next))
            }
        };
        news(&order, kept, details)
    }
}

fn write(folder: &dyn StateFolder, attempts: &Attempts) -> Result<()> {
    let bytes = serde_json::to_vec_pretty(attempts).unwrap_or_default();
    Ok(folder.write(RECORD, &bytes)?)
}

#[cfg(test)]
mod tests;
