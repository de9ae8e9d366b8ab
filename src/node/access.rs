//! Access to one private key of this machine: show it, grant, revoke, put it back, check it.
//!
//! Each act reads the access, decides over values, writes at most once, and reads again: what the system then tells is the
//! result. The access before any change is part of the answer, as a text that [`restore`] takes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, ExitCode, Kind, Result};
use crate::farm::KeyLocation;
use crate::farm::access::{
    AccessState, Change, Deviation, DeviationKind, Holding, Obstacle, ObstacleKind, PosixAccess, Principal, Wish,
};
use crate::policy::{Finding, access as rules};
use crate::ports::{Host, KeyPlace};

/// The schema of [`AccessReport`].
pub const SCHEMA: &str = "s2scert.access/1.0";

/// What was done.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Nothing: the access was looked at.
    Show,
    /// Reading was granted.
    Grant,
    /// Entries were taken away.
    Revoke,
    /// A snapshot was put back.
    Restore,
    /// The access was compared with what it should be.
    Check,
}

/// The answer of every act.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct AccessReport {
    /// `s2scert.access/1.0`.
    pub schema: &'static str,
    /// What was done.
    pub action: Action,
    /// The key's file, where it is known: on Windows under the unique name of the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The key, where it is one of a Windows provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyLocation>,
    /// Whether anything was written.
    pub changed: bool,
    /// The access before, as `access restore` takes it: SDDL, or the text of a POSIX access list.
    pub before: String,
    /// The access as it is now.
    pub now: String,
    /// Who was asked about.
    pub asked: Vec<Principal>,
    /// What was changed.
    pub changes: Vec<Change>,
    /// Who holds what now, in the order of the list.
    pub holdings: Vec<Holding>,
    /// Where the access is not exactly as it should be (`check`), or still not as asked for.
    pub deviations: Vec<Deviation>,
    /// What stands in the way.
    pub obstacles: Vec<Obstacle>,
    /// What is wrong with the access, whatever was asked for.
    pub findings: Vec<Finding>,
    /// The names of the identities above, where they have one.
    pub names: BTreeMap<String, String>,
}

impl AccessReport {
    /// Returns the exit code: 12 where the access is not what was asked for.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.deviations.is_empty() && self.obstacles.is_empty() { ExitCode::Ok } else { ExitCode::AccessDiffers }
    }
}

/// Shows the access.
///
/// # Errors
/// When it cannot be read.
pub fn show(host: &Host, place: &KeyPlace) -> Result<AccessReport> {
    let state = host.key_access.read(place)?;
    report(host, place, Action::Show, &[], (&state, &state))
}

/// Compares the access with what it should be: these read, SYSTEM and Administrators have full control, and nobody else
/// has anything unless `others` may.
///
/// # Errors
/// When it cannot be read.
pub fn check(host: &Host, place: &KeyPlace, readers: &[Principal], others: bool) -> Result<AccessReport> {
    let state = host.key_access.read(place)?;
    // Asked for its errors: an identity of another system would be compared with nothing.
    state.difference(Wish::Grant(readers)).map_err(|error| wrong_wish(&error))?;
    let mut report = report(host, place, Action::Check, readers, (&state, &state))?;
    report.deviations = state.deviations(readers);
    if others {
        report.deviations.retain(|one| one.kind != DeviationKind::Foreign);
    }
    report.name_all(host);
    Ok(report)
}

/// Lets identities read the key. Entries of others stay as they are.
///
/// # Errors
/// When the access cannot be read or written, or the system kept something else than was written.
pub fn grant(host: &Host, place: &KeyPlace, readers: &[Principal]) -> Result<AccessReport> {
    change(host, place, Action::Grant, readers)
}

/// Takes the entries of identities away.
///
/// # Errors
/// As [`grant`].
pub fn revoke(host: &Host, place: &KeyPlace, gone: &[Principal]) -> Result<AccessReport> {
    change(host, place, Action::Revoke, gone)
}

fn change(host: &Host, place: &KeyPlace, action: Action, asked: &[Principal]) -> Result<AccessReport> {
    let wish = if action == Action::Revoke { Wish::Revoke(asked) } else { Wish::Grant(asked) };
    let before = host.key_access.read(place)?;
    let difference = before.difference(wish).map_err(|error| wrong_wish(&error))?;
    let now =
        if difference.changes.is_empty() { before.clone() } else { write(host, place, &before, &difference.after)? };
    // What the system tells afterwards is judged, not what was meant.
    let left = now.difference(wish).map_err(|error| wrong_wish(&error))?;
    let mut report = report(host, place, action, asked, (&before, &now))?;
    report.changes = difference.changes;
    report.obstacles = left.obstacles;
    report.name_all(host);
    Ok(report)
}

/// Puts an access back that an earlier answer told. Only the list is written; owner and group stay.
///
/// # Errors
/// When the text is no such access, or as [`grant`].
pub fn restore(host: &Host, place: &KeyPlace, text: &str) -> Result<AccessReport> {
    let before = host.key_access.read(place)?;
    let unusable = |why: String| Error::new(Kind::Usage, "this is no access list of this key").at(text).because(why);
    let wanted = match &before {
        AccessState::Windows(now) => {
            let mut wanted: crate::farm::access::Descriptor =
                text.parse().map_err(|e: crate::farm::access::SddlError| unusable(e.to_string()))?;
            if wanted.dacl.is_none() {
                return Err(unusable("it has no D: part".to_owned()));
            }
            (wanted.owner, wanted.group, wanted.sacl) = (now.owner.clone(), now.group.clone(), now.sacl.clone());
            AccessState::Windows(wanted)
        }
        AccessState::Posix(now) => AccessState::Posix(
            PosixAccess::from_text(now.owner, now.group, text).map_err(|error| unusable(error.to_string()))?,
        ),
    };
    let now = if before == wanted { before.clone() } else { write(host, place, &before, &wanted)? };
    report(host, place, Action::Restore, &[], (&before, &now))
}

/// Writes, reads again, and compares.
fn write(host: &Host, place: &KeyPlace, before: &AccessState, wanted: &AccessState) -> Result<AccessState> {
    host.key_access.write(place, wanted)?;
    let now = host.key_access.read(place)?;
    if now.same_access(wanted) {
        return Ok(now);
    }
    Err(Error::new(Kind::Internal, "the system kept another access than was written")
        .at(place_text(place))
        .because(format!("written {}, kept {}", wanted.text(), now.text()))
        .hint(format!("the access before: s2scert access restore TARGET \"{}\"", before.text())))
}

fn wrong_wish(error: &crate::farm::access::WishError) -> Error {
    Error::new(Kind::Usage, error.to_string())
}

/// Returns how a key is named to a person.
#[must_use]
pub fn place_text(place: &KeyPlace) -> String {
    match place {
        KeyPlace::File(path) => path.display().to_string(),
        KeyPlace::Key(location) => format!("container {}", location.container),
    }
}

fn report(
    host: &Host,
    place: &KeyPlace,
    action: Action,
    asked: &[Principal],
    (before, now): (&AccessState, &AccessState),
) -> Result<AccessReport> {
    let mut report = AccessReport {
        schema: SCHEMA,
        action,
        file: host.key_access.key_file(place)?,
        key: match place {
            KeyPlace::Key(location) => Some(location.clone()),
            KeyPlace::File(_) => None,
        },
        changed: before != now,
        before: before.text(),
        now: now.text(),
        asked: asked.to_vec(),
        changes: Vec::new(),
        holdings: now.holdings(),
        deviations: Vec::new(),
        obstacles: Vec::new(),
        findings: rules::findings(now, if matches!(action, Action::Grant | Action::Check) { asked } else { &[] }),
        names: BTreeMap::new(),
    };
    report.name_all(host);
    Ok(report)
}

impl AccessReport {
    /// Looks up the name of every identity in the report.
    fn name_all(&mut self, host: &Host) {
        let holders = self.holdings.iter().map(|one| &one.principal);
        let deviating = self.deviations.iter().filter_map(|one| one.principal.as_ref());
        let through = self.obstacles.iter().filter_map(|one| one.through.as_ref());
        let all = holders
            .chain(deviating)
            .chain(through)
            .chain(&self.asked)
            .chain(self.changes.iter().map(|one| &one.principal));
        let mut names = BTreeMap::new();
        for principal in all {
            let key = principal.to_string();
            if !names.contains_key(&key)
                && let Some(name) = host.principals.name(principal)
            {
                names.insert(key, name);
            }
        }
        self.names = names;
    }

    /// Returns the name of an identity with its number, or the number alone.
    #[must_use]
    pub fn label(&self, principal: &Principal) -> String {
        let number = principal.to_string();
        match self.names.get(&number) {
            Some(name) if *principal == Principal::Other => name.clone(),
            Some(name) => format!("{name} ({number})"),
            None => number,
        }
    }

    /// Returns what stands in the way, as sentences.
    #[must_use]
    pub fn obstacle_texts(&self) -> Vec<String> {
        let text = |one: &Obstacle| {
            let who = self.label(&one.principal);
            let through = one.through.as_ref().map(|other| self.label(other));
            match (one.kind, through) {
                (ObstacleKind::Denied, None) => format!("an entry denies reading to {who}"),
                (ObstacleKind::Denied, Some(group)) => format!("an entry for {group} denies reading to {who}"),
                (ObstacleKind::Inherited, _) => {
                    format!("an inherited entry gives {who} more; change it on the folder above")
                }
                (ObstacleKind::Through, group) => {
                    format!("{who} still reads the key through {}", group.unwrap_or_else(|| "another entry".to_owned()))
                }
                (ObstacleKind::NoList, _) => "there is no access list: everybody may do everything".to_owned(),
            }
        };
        self.obstacles.iter().map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::fake_host::FakeHost;
    use crate::farm::access::well_known;
    use crate::farm::{KeyKind, KeySpec};

    fn place() -> KeyPlace {
        let location = KeyLocation {
            provider: "Microsoft Enhanced RSA and AES Cryptographic Provider".to_owned(),
            provider_type: 24,
            container: "s2s".to_owned(),
            key_spec: KeySpec::Exchange,
            machine: true,
        };
        assert_eq!(location.kind(), KeyKind::Csp);
        KeyPlace::Key(location)
    }

    fn machine(sddl: &str) -> FakeHost {
        let state = AccessState::Windows(sddl.parse().unwrap());
        FakeHost::new("2026-11-24T00:00:00Z".parse().unwrap(), 1).with_access("s2s", state)
    }

    fn service() -> Vec<Principal> {
        vec![Principal::Sid(well_known::NETWORK_SERVICE.sid())]
    }

    const MASTERS: &str = "D:P(A;;FA;;;SY)(A;;FA;;;BA)";

    #[test]
    fn a_grant_writes_once_tells_what_was_before_and_the_second_run_writes_nothing() {
        let fake = machine(MASTERS);
        let first = grant(&fake.host(), &place(), &service()).unwrap();
        assert_eq!((first.changed, first.before.as_str(), fake.access_written()), (true, MASTERS, 1));
        assert_eq!(first.exit_code(), ExitCode::Ok);
        let second = grant(&fake.host(), &place(), &service()).unwrap();
        assert_eq!((second.changed, second.changes.len(), fake.access_written()), (false, 0, 1));
        let back = restore(&fake.host(), &place(), &first.before).unwrap();
        assert_eq!((back.changed, back.now.as_str()), (true, MASTERS));
        assert!(!restore(&fake.host(), &place(), &first.before).unwrap().changed);
        assert_eq!(fake.access_written(), 2);
    }

    #[test]
    fn what_stands_in_the_way_is_told_with_its_exit_code() {
        let fake = machine("D:P(D;;FR;;;NS)(A;;FA;;;SY)(A;;FA;;;BA)");
        let report = grant(&fake.host(), &place(), &service()).unwrap();
        assert_eq!(report.exit_code(), ExitCode::AccessDiffers);
        assert_eq!(report.obstacle_texts(), ["an entry denies reading to NETWORK SERVICE (S-1-5-20)"]);
    }

    #[test]
    fn a_check_writes_nothing_and_names_each_difference() {
        let fake = machine("D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;IS)");
        let report = check(&fake.host(), &place(), &service(), false).unwrap();
        assert_eq!(report.exit_code(), ExitCode::AccessDiffers);
        let kinds: Vec<DeviationKind> = report.deviations.iter().map(|one| one.kind).collect();
        assert_eq!(kinds, [DeviationKind::Missing, DeviationKind::Foreign]);
        assert_eq!(report.names["S-1-5-32-568"], "IIS_IUSRS");
        let tolerant = check(&fake.host(), &place(), &service(), true).unwrap();
        assert_eq!(tolerant.deviations.len(), 1);
        assert_eq!(fake.access_written(), 0);
    }

    #[test]
    fn a_snapshot_that_is_none_changes_nothing() {
        let fake = machine(MASTERS);
        for text in ["", "O:BA", "user::rw-,group::---,other::---", "D:(A;;FA;;;SY"] {
            let error = restore(&fake.host(), &place(), text).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage, "{text}");
        }
        assert_eq!(fake.access_written(), 0);
    }
}
