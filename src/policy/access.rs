//! What is wrong with the access to a private key, whatever was asked for. docs/access.md explains each rule.

use super::{Finding, Severity};
use crate::farm::access::descriptor::{Ace, AceKind, Descriptor, PlainAce};
use crate::farm::access::{AccessState, Level, PosixAccess, Principal, Sid, rights, well_known};

/// The identifiers of all rules here.
pub const RULES: [&str; 9] = [
    "key-open-to-all",
    "key-open-to-iis",
    "key-full-control-for-service",
    "key-access-denied",
    "key-without-master",
    "key-without-access-list",
    "key-access-order",
    "key-entry-not-understood",
    "key-writable-by-others",
];

/// Judges the access to a key. `services` are the identities for which reading is enough.
#[must_use]
pub fn findings(state: &AccessState, services: &[Principal]) -> Vec<Finding> {
    match state {
        AccessState::Windows(descriptor) => in_windows(descriptor, services),
        AccessState::Posix(access) => in_posix(access),
    }
}

fn finding(
    id: &'static str,
    severity: Severity,
    subject: String,
    message: String,
    reason: &'static str,
    remedy: impl Into<std::borrow::Cow<'static, str>>,
) -> Finding {
    let remedy = remedy.into();
    Finding { id: id.into(), severity, subject, message, reason: reason.into(), remedy, waived_by: None }
}

const OPEN: &str = "whoever holds the key can sign tokens that SharePoint accepts for any user";
const LEAST: &str = "a service needs to read its key; with more it can also change who else reads it, or delete it";

/// The groups that hold more people than anybody can name.
fn is_crowd(sid: &Sid) -> bool {
    let named =
        ["Everyone", "Authenticated Users", "Users", "Guests", "ANONYMOUS LOGON", "INTERACTIVE", "NETWORK", "SERVICE"];
    well_known::of(sid).is_some_and(|known| {
        named.contains(&known.name) || matches!(known.name, "BATCH" | "ALL SERVICES" | "ALL APPLICATION PACKAGES")
    })
}

fn is_service(sid: &Sid) -> bool {
    let known = [well_known::NETWORK_SERVICE.sid(), well_known::LOCAL_SERVICE.sid()];
    sid.is_virtual_account() || known.contains(sid)
}

fn label(sid: &Sid) -> String {
    well_known::of(sid).map_or_else(|| sid.to_string(), |known| known.name.to_owned())
}

fn in_windows(descriptor: &Descriptor, services: &[Principal]) -> Vec<Finding> {
    let Some(aces) = descriptor.aces() else {
        return vec![finding(
            "key-without-access-list",
            Severity::Error,
            "access list".to_owned(),
            "there is no access list, so everybody may do everything".to_owned(),
            OPEN,
            "s2scert access restore TARGET \"D:P(A;;0xd01f01ff;;;SY)(A;;0xd01f01ff;;;BA)\", then grant",
        )];
    };
    let mut findings = Vec::new();
    let plain = || aces.iter().filter_map(Ace::plain).filter(|ace| ace.applies());
    for ace in plain() {
        findings.extend(of_entry(ace, services));
    }
    for master in [well_known::SYSTEM, well_known::ADMINISTRATORS] {
        let sid = master.sid();
        let mask =
            plain().filter(|ace| ace.kind == AceKind::Allow && ace.sid == sid).fold(0, |all, ace| all | ace.mask);
        if Level::of(mask) != Level::Full {
            findings.push(finding(
                "key-without-master",
                Severity::Warning,
                master.name.to_owned(),
                format!("{} has {}, not full control", master.name, Level::of(mask)),
                "a roll by a scheduled task and a repair by an administrator both need it",
                "s2scert access grant TARGET",
            ));
        }
    }
    if !aces.is_sorted_by_key(Ace::rank) {
        findings.push(finding(
            "key-access-order",
            Severity::Warning,
            "access list".to_owned(),
            "the entries are not in canonical order: denials, permissions, inherited ones".to_owned(),
            "Windows reads them in the order in which they stand, and its own tools refuse to edit such a list",
            "s2scert access grant TARGET NAME puts them in order with the next change",
        ));
    }
    let unknown = aces.iter().filter(|ace| ace.plain().is_none()).count();
    if unknown > 0 {
        findings.push(finding(
            "key-entry-not-understood",
            Severity::Warning,
            "access list".to_owned(),
            format!("{unknown} of the entries depend on conditions or properties that s2scert does not judge"),
            "what they give or deny is not part of any verdict here",
            "look at them with the tools of Windows; s2scert leaves them as they are",
        ));
    }
    findings
}

fn of_entry(ace: &PlainAce, services: &[Principal]) -> Option<Finding> {
    let (name, level) = (label(&ace.sid), Level::of(ace.mask));
    if ace.kind == AceKind::Deny {
        return rights::denies_reading(ace.mask).then(|| {
            finding(
                "key-access-denied",
                Severity::Warning,
                name.clone(),
                format!("an entry denies reading to {name}"),
                "a denial wins over every permission, also for the members of a group",
                "remove it with the tools of Windows if it was not meant; s2scert never removes a denial",
            )
        });
    }
    if ace.kind != AceKind::Allow || level == Level::Nothing {
        return None;
    }
    let remedy = format!("s2scert access revoke TARGET {}", ace.sid);
    if is_crowd(&ace.sid) {
        return Some(finding(
            "key-open-to-all",
            Severity::Error,
            name.clone(),
            format!("{name} has {level}"),
            OPEN,
            remedy,
        ));
    }
    if ace.sid == well_known::IIS_IUSRS.sid() {
        let reason = "every application pool of the machine belongs to this group, not only that of Dynamics";
        let remedy = format!("{remedy}, and grant the identity of the one application pool");
        return Some(finding(
            "key-open-to-iis",
            Severity::Error,
            name.clone(),
            format!("{name} has {level}"),
            reason,
            remedy,
        ));
    }
    let is_service = is_service(&ace.sid) || services.contains(&Principal::Sid(ace.sid.clone()));
    (is_service && level > Level::Read).then(|| {
        let remedy = format!("s2scert access grant TARGET {}", ace.sid);
        finding(
            "key-full-control-for-service",
            Severity::Warning,
            name.clone(),
            format!("{name} has {level}"),
            LEAST,
            remedy,
        )
    })
}

fn in_posix(access: &PosixAccess) -> Vec<Finding> {
    let mut findings = Vec::new();
    if access.other_perm.reads() || access.other_perm.writes() {
        findings.push(finding(
            "key-open-to-all",
            Severity::Error,
            "all others".to_owned(),
            format!("every user of the machine has {}", access.other_perm),
            OPEN,
            "s2scert access revoke FILE other",
        ));
    }
    let mut writers: Vec<Principal> = Vec::new();
    let writes = |perm| access.masked(perm).writes();
    let users = access.users.iter().filter(|(number, perm)| *number != access.owner && writes(*perm));
    writers.extend(users.map(|(number, _)| Principal::User(*number)));
    if writes(access.group_perm) {
        writers.push(Principal::Group(access.group));
    }
    writers.extend(access.groups.iter().filter(|(_, perm)| writes(*perm)).map(|(number, _)| Principal::Group(*number)));
    for writer in writers {
        findings.push(finding(
            "key-writable-by-others",
            Severity::Warning,
            writer.to_string(),
            format!("{writer} may write the file"),
            "whoever writes the file can put another key in its place",
            format!("s2scert access grant FILE {writer} leaves it reading alone, revoke takes all"),
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    fn ids(state: &AccessState) -> Vec<String> {
        findings(state, &[]).into_iter().map(|one| format!("{} {}", one.id, one.subject)).collect()
    }

    #[test]
    fn each_fault_of_a_windows_list_is_found_and_a_sound_one_has_none() {
        let masters = "(A;;FA;;;SY)(A;;FA;;;BA)";
        for (aces, wanted) in [
            ("(A;;FR;;;NS)", vec![]),
            ("(A;;FR;;;WD)", vec!["key-open-to-all Everyone"]),
            ("(A;;0x20000;;;BU)", vec!["key-open-to-all Users"]),
            ("(A;;FR;;;IS)", vec!["key-open-to-iis IIS_IUSRS"]),
            ("(A;;FA;;;NS)", vec!["key-full-control-for-service NETWORK SERVICE"]),
            ("(A;;0x130089;;;S-1-5-82-1-2-3-4-5)", vec!["key-full-control-for-service S-1-5-82-1-2-3-4-5"]),
            ("(A;;FA;;;S-1-5-21-1-2-3-500)", vec![]),
            ("(D;;FR;;;NS)", vec!["key-access-denied NETWORK SERVICE", "key-access-order access list"]),
            ("(XA;;FR;;;WD;(a==1))", vec!["key-entry-not-understood access list"]),
            ("(A;IO;FA;;;WD)", vec![]),
        ] {
            let state = AccessState::Windows(format!("D:{masters}{aces}").parse().unwrap());
            assert_eq!(ids(&state), wanted, "{aces}");
        }
        for (sddl, wanted) in [
            ("D:(A;;FA;;;SY)", "key-without-master Administrators"),
            ("D:NO_ACCESS_CONTROL", "key-without-access-list access list"),
        ] {
            assert_eq!(ids(&AccessState::Windows(sddl.parse().unwrap())), [wanted]);
        }
        let crm: Sid = "S-1-5-21-1-2-3-1104".parse().unwrap();
        let state = AccessState::Windows(format!("D:{masters}(A;;FA;;;{crm})").parse().unwrap());
        assert_eq!(findings(&state, &[Principal::Sid(crm)])[0].id, "key-full-control-for-service");
    }

    #[test]
    fn each_fault_of_a_posix_list_is_found_and_a_sound_one_has_none() {
        for (text, wanted) in [
            ("user::rw-,user:7:r--,group::---,mask::r--,other::---", vec![]),
            ("user::rw-,group::---,other::r--", vec!["key-open-to-all all others"]),
            ("user::rw-,group::rw-,other::---", vec!["key-writable-by-others group:2"]),
            ("user::rw-,user:7:rw-,group::rw-,mask::r--,other::---", vec![]),
        ] {
            let access = PosixAccess::from_text(1, 2, text).unwrap();
            assert_eq!(ids(&AccessState::Posix(access)), wanted, "{text}");
        }
    }

    #[test]
    fn every_rule_is_explained() {
        let page = include_str!("../../docs/access.md");
        for id in RULES {
            assert!(page.contains(&format!("| `{id}` |")), "docs/access.md lacks {id}");
        }
    }
}
