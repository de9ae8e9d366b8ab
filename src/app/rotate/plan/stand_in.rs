//! A plan from bundles for a rehearsal: nobody has the new certificate yet, so something stands in for it.

use std::path::PathBuf;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{bundles, of_the_row};
use crate::app::report::quoted;
use crate::app::rotate::{collected, described};
use crate::cert::name::{Generation, SubjectName};
use crate::cert::{Fingerprint, Thumbprint};
use crate::error::{Error, Kind, Result};
use crate::farm::description::Farm;
use crate::ports::Host;
use crate::protocol::{Hex, Octets, Text};
use crate::rotation::basis::{Asked, Basis, NewCertificate, Strategy};
use crate::rotation::plan::Plan;
use crate::rotation::{admission, planner};

/// How long the stand-in is valid, in days.
const DAYS: i64 = 365;

/// What is planned from bundles to be rehearsed.
#[derive(Clone, Debug)]
pub struct StandIn {
    /// The folder with the bundles.
    pub folder: PathBuf,
    /// The description of the farm.
    pub farm: PathBuf,
    /// The shape; without one it follows from what is seen.
    pub strategy: Option<Strategy>,
}

/// Plans. The plan is never written: its certificate is none.
///
/// # Errors
/// When description or folder cannot be read, a part of the farm is not in the bundles ([`Kind::Unreadable`]), or something
/// stands against a roll ([`Kind::Finding`]).
pub(in crate::app) fn stand_in(host: &Host, asked: &StandIn) -> Result<Plan> {
    let now = host.clock.now();
    let farm = described(host, &asked.farm)?;
    let seen = collected::seen(host, &farm, &asked.folder)?.map_err(|unseen| {
        let next = bundles::collecting(&asked.folder, &quoted(&asked.farm));
        let error = Error::new(Kind::Unreadable, "the bundles do not show everything that a roll rests on");
        let lines = super::missing(&unseen).into_iter().map(|one| format!("{}: {}", one.node, one.why));
        lines.chain(next).fold(error.at(asked.folder.display()), Error::hint)
    })?;
    let keeps_row = asked.strategy.is_some_and(|strategy| !strategy.switches());
    let certificate = match of_the_row(&seen) {
        Ok(judged) if keeps_row => judged.certificate.as_ref().map(super::new_certificate).transpose()?,
        Err(error) if keeps_row => return Err(error),
        _ => None,
    };
    let certificate = match certificate {
        Some(certificate) => certificate,
        None => made_up(&farm, now)?,
    };
    let asked_for = Asked { strategy: asked.strategy, ..Asked::new(now, certificate) };
    planned(Basis { asked: asked_for, seen })
}

fn planned(basis: Basis) -> Result<Plan> {
    let plan = planner::plan(&basis).map_err(|objections| {
        let error = Error::new(Kind::Finding, "something stands against a roll of this farm");
        objections.iter().fold(error, |error, one| error.hint(format!("{one}; next: {}", one.next())))
    })?;
    admission::sound(plan)
        .map(admission::Admitted::into_plan)
        .map_err(|fault| Error::new(Kind::Internal, "the plan breaks a rule of its own").because(fault))
}

/// Makes up what stands for a certificate. Its subject is that of the next one, as farm.toml wishes it.
fn made_up(farm: &Farm, now: Timestamp) -> Result<NewCertificate> {
    let octets = format!("a stand-in, made at {now}").into_bytes();
    let internal =
        |why: String| Error::new(Kind::Internal, "no certificate can be made up").because(std::io::Error::other(why));
    let generation = Generation::default_for(now.to_zoned(TimeZone::UTC).date(), &octets);
    let template = farm.certificate.as_ref().map_or("CN=s2s {g}", |wish| wish.subject.as_str());
    let subject = SubjectName::parse(template).map_err(|error| internal(error.to_string()))?;
    let subject = subject.render(&generation).map_err(|error| internal(error.to_string()))?;
    let later = now.checked_add(SignedDuration::from_hours(24 * DAYS)).map_err(|error| internal(error.to_string()))?;
    Ok(NewCertificate {
        thumbprint: Hex::from(*Thumbprint::of(&octets).as_bytes()),
        fingerprint_sha256: Hex::from(*Fingerprint::of(&octets).as_bytes()),
        subject: Text::told(&subject.to_string()),
        not_before: now,
        not_after: later,
        certificate: Octets::new(octets).ok_or_else(|| internal("too many octets".to_owned()))?,
    })
}
