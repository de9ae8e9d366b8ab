//! What keeps an unattended roll back, what it is allowed to do, and that there is one for a crossing. The farm is a double.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::cell::RefCell;

use super::super::super::passwords::Source;
use super::super::super::rotate::Staged;
use super::hands::{Ran, Rehearsed};
use super::*;
use crate::cert::Fingerprint;
use crate::error::Kind;
use crate::fake_host::FakeHost;
use crate::watch::Level;

const PFX: &str = "a credential";
const KEY: &str = "its public key";
const NEW: &str = "AB12";
/// A Wednesday.
const NOW: &str = "2026-11-25T23:00:00Z";

const FARM: &str = "format = \"1.0\"\nname = \"contoso\"\n
[update_crm]\nnode = \"crm-1\"\n
[[node]]\nname = \"crm-1\"\nroles = [\"web\", \"async\", \"deployment-tools\"]\nos = \"server2022\"\ntransport = \"local\"\n
[[identity]]\naccount = 'CONTOSO\\svc'\nroles = [\"web\", \"async\"]\n
[[organization]]\nname = \"contoso\"\nmetadata = \"https://crm.contoso.com/XrmServices/2015/metadataendpoint.svc/json?orgName=contoso\"\n
[[window]]\nname = \"night\"\ndays = [\"wednesday\"]\nfrom = \"22:00\"\nuntil = \"04:00\"\n";

fn staged(apply: bool) -> String {
    let print = |text: &str| Fingerprint::of(text.as_bytes());
    format!(
        "{FARM}\n[unattended]\ncredential = \"next.pfx\"\nsha256 = \"{}\"\nkey_sha256 = \"{}\"\npassword = {{ file = \"next.pass\" }}\napply = {apply}\n",
        print(PFX),
        print(KEY)
    )
}

fn machine(farm: &str) -> FakeHost {
    FakeHost::new(NOW.parse().unwrap(), 1).with_file("conf/farm.toml", farm).with_file("conf/next.pfx", PFX)
}

/// A farm with which everything can be done.
struct Double {
    standing: Result<Option<&'static str>, ()>,
    key: &'static str,
    not_after: &'static str,
    planned: Planned,
    rehearsed: Rehearsed,
    ran: Result<Outcome, ()>,
    calls: RefCell<Vec<String>>,
}

impl Default for Double {
    fn default() -> Self {
        let next = "carry it out: s2scert rotate apply plan.json --credential next.pfx".to_owned();
        let details = vec![("plan", "unattended-plan.json".to_owned()), ("step", "1 crm-1: import".to_owned())];
        let (roll, digest) = ("roll-1".to_owned(), "D1".to_owned());
        let certificate = NEW.to_owned();
        let planned = Planned { against: None, certificate, roll, digest, by_hand: false, details, next };
        Self {
            standing: Ok(None),
            key: KEY,
            not_after: "2028-01-01T00:00:00Z",
            planned,
            rehearsed: Rehearsed { told: "700 rolls simulated".to_owned(), against: None },
            ran: Ok(Outcome::Done),
            calls: RefCell::default(),
        }
    }
}

fn down<T>(what: &str) -> Result<T> {
    Err(Error::new(Kind::Refused, what).hint("look: s2scert rotate status"))
}

impl Hands for Double {
    fn standing(&self, _: &Path) -> Result<Option<String>> {
        self.standing.map(|one| one.map(str::to_owned)).or_else(|()| down("crm-1 does not answer"))
    }

    fn staged(&self, file: &Path, passwords: &[Source]) -> Result<Staged> {
        self.calls.borrow_mut().push(format!("open {} {passwords:?}", file.display()));
        let (key, not_after) = (self.key.as_bytes().to_vec(), self.not_after.parse().unwrap());
        Ok(Staged { fingerprint: NEW.to_owned(), key, not_after })
    }

    fn plan(&self, trial: &Trial) -> Result<Planned> {
        self.calls.borrow_mut().push(format!("plan {}", trial.out.display()));
        Ok(self.planned.clone())
    }

    fn rehearse(&self, _: &Path) -> Result<Rehearsed> {
        self.calls.borrow_mut().push("rehearse".to_owned());
        Ok(self.rehearsed.clone())
    }

    fn apply(&self, _: &Trial, digest: &str) -> Result<Ran> {
        self.calls.borrow_mut().push(format!("apply {digest}"));
        let Ok(outcome) = self.ran else { return down("the disk is full") };
        let details = vec![("seconds", "90".to_owned())];
        Ok(Ran { outcome, why: String::new(), details, next: "prove it: s2scert rotate verify".to_owned() })
    }
}

impl Double {
    fn called(&self, what: &str) -> usize {
        self.calls.borrow().iter().filter(|call| call.starts_with(what)).count()
    }
}

fn order() -> Order {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let certificate = CertificateFacts {
        fingerprint: "C0FFEE".to_owned(),
        thumbprint: "C0FF".to_owned(),
        subject: "CN=crm.contoso.com".to_owned(),
        not_before: at("2025-12-01T00:00:00Z"),
        not_after: at("2026-12-01T00:00:00Z"),
        expiry: at("2026-12-01T00:00:00Z"),
        limited_by: None,
        places: Vec::new(),
        more_places: 0,
        violations: Vec::new(),
        successor: None,
    };
    Order {
        farm: PathBuf::from("conf/farm.toml"),
        certificate,
        state: Some(PathBuf::from("state")),
        hidden: Vec::new(),
        now: NOW.parse().unwrap(),
    }
}

/// Prepares, and carries out what may be.
fn run(machine: &FakeHost, double: &Double) -> (RollNews, Option<RollNews>) {
    let host = machine.host();
    let (news, begin) = prepare(&host, order(), double);
    (news, begin.map(Begin::carried_out))
}

#[test]
fn whatever_keeps_a_roll_back_is_said_with_the_next_command_and_nothing_is_carried_out() {
    let ready = staged(true);
    let planned =
        |against: Outcome| Planned { against: Some((against, "why not".to_owned())), ..Double::default().planned };
    for (what, farm, double, outcome) in [
        ("no description", "", Double::default(), Outcome::Forbidden),
        ("no table", FARM, Double::default(), Outcome::NotStaged),
        ("no window", &ready.replace("[[window]]", "[[consumer]]"), Double::default(), Outcome::Forbidden),
        ("no hash", &ready.replace("\nsha256 = \"", "\nsha256 = \"00"), Double::default(), Outcome::Forbidden),
        ("another key", &ready, Double { key: "other", ..Double::default() }, Outcome::OtherCredential),
        ("an old one", &ready, Double { not_after: "2026-12-01T00:00:00Z", ..Double::default() }, Outcome::NotStaged),
        ("a roll stands", &ready, Double { standing: Ok(Some("roll-0 is open")), ..Double::default() }, Outcome::Busy),
        ("nobody answers", &ready, Double { standing: Err(()), ..Double::default() }, Outcome::Busy),
        (
            "the policy",
            &ready,
            Double { planned: planned(Outcome::Forbidden), ..Double::default() },
            Outcome::Forbidden,
        ),
        (
            "objections",
            &ready,
            Double { planned: planned(Outcome::NotPlanned), ..Double::default() },
            Outcome::NotPlanned,
        ),
        (
            "swapped",
            &ready,
            Double {
                planned: Planned { certificate: "EE".to_owned(), ..Double::default().planned },
                ..Double::default()
            },
            Outcome::OtherCredential,
        ),
        (
            "rehearsal",
            &ready,
            Double {
                rehearsed: Rehearsed { told: String::new(), against: Some("invariant 3".to_owned()) },
                ..Double::default()
            },
            Outcome::NotRehearsed,
        ),
        ("not allowed", &staged(false), Double::default(), Outcome::Prepared),
        (
            "by hand",
            &ready,
            Double { planned: Planned { by_hand: true, ..Double::default().planned }, ..Double::default() },
            Outcome::Prepared,
        ),
        ("not the day", &ready.replace("wednesday", "sunday"), Double::default(), Outcome::Closed),
        (
            "frozen",
            &format!("{ready}\n[[freeze]]\nreason = \"closing\"\nfrom = \"2026-11-20\"\nuntil = \"2026-11-30\"\n"),
            Double::default(),
            Outcome::Closed,
        ),
    ] {
        let (news, ran) = run(&machine(farm), &double);
        assert_eq!((news.outcome, ran), (outcome, None), "{what}: {news:?}");
        assert_eq!(double.called("apply"), 0, "{what}");
        assert!(news.next.contains("s2scert "), "{what}: {}", news.next);
        let item = news.item();
        assert_eq!(item.key, "roll/C0FFEE");
        assert!(item.said.contains("CN=crm.contoso.com"), "{what}: {}", item.said);
    }
}

#[test]
fn a_file_that_is_not_the_one_that_was_named_is_never_opened() {
    let machine = machine(&staged(true)).with_file("conf/next.pfx", "somebody else's");
    let double = Double::default();
    let (news, _) = run(&machine, &double);
    assert_eq!((news.outcome, double.called("open")), (Outcome::OtherCredential, 0), "{news:?}");
    let gone = FakeHost::new(NOW.parse().unwrap(), 1).with_file("conf/farm.toml", staged(true));
    assert_eq!(run(&gone, &double).0.outcome, Outcome::NotStaged);
}

#[test]
fn plan_and_rehearsal_are_attached_whether_or_not_it_is_carried_out() {
    for farm in [staged(false), staged(true)] {
        let double = Double::default();
        let (news, ran) = run(&machine(&farm), &double);
        for (label, value) in [("plan", "unattended-plan.json"), ("step", "import"), ("rehearsal", "700 rolls")] {
            let found = news.details.iter().any(|(one, text)| *one == label && text.contains(value));
            assert!(found, "{label}: {:?}", news.details);
        }
        assert_eq!(double.called("open conf/next.pfx [File(\"conf/next.pass\")]"), 1, "{:?}", double.calls);
        assert_eq!(double.called("plan state/unattended-plan.json"), 1, "{:?}", double.calls);
        assert_eq!(ran.is_some(), farm.contains("apply = true"));
    }
}

#[test]
fn there_is_one_roll_for_a_crossing_however_it_ended() {
    for (ran, outcome, level, said) in [
        (Ok(Outcome::Done), Outcome::Done, Level::Attention, "was done"),
        (Ok(Outcome::RolledBack), Outcome::RolledBack, Level::Error, "was taken back"),
        (Ok(Outcome::Manual), Outcome::Manual, Level::Error, "has left something"),
        (Err(()), Outcome::Stopped, Level::Error, "has not ended"),
    ] {
        let (machine, double) = (machine(&staged(true)), Double { ran, ..Double::default() });
        let (begins, ended) = run(&machine, &double);
        let ended = ended.unwrap();
        assert_eq!((begins.outcome, ended.outcome, ended.outcome.level()), (Outcome::Begins, outcome, level));
        assert!(ended.next.contains("s2scert "), "{}", ended.next);
        let (again, none) = run(&machine, &double);
        assert_eq!((again.outcome, none), (Outcome::Tried, None));
        assert!(again.why.contains(said) && again.next.contains("s2scert "), "{again:?}");
        assert_eq!(double.called("apply D1"), 1);
    }
}

#[test]
fn what_was_cut_off_is_not_begun_again() {
    let (machine, double) = (machine(&staged(true)), Double::default());
    let host = machine.host();
    let (_, begin) = prepare(&host, order(), &double);
    // The process dies after the note and before the act.
    let mut begin = begin.unwrap();
    let at = NOW.parse().unwrap();
    let (certificate, roll) = ("C0FFEE".to_owned(), "roll-1".to_owned());
    begin.attempts.begin(Attempt { certificate, at, roll, plan_sha256: "D1".to_owned(), end: None });
    write(&*begin.folder, &begin.attempts).unwrap();
    drop(begin);
    let (news, ran) = run(&machine, &double);
    assert_eq!((news.outcome, ran), (Outcome::Tried, None));
    assert!(news.why.contains("has not ended") && news.next.contains("s2scert rotate resume"), "{news:?}");
    assert_eq!(double.called("apply"), 0);
}

#[test]
fn without_a_record_that_can_be_read_nothing_is_begun() {
    let (machine, double) = (machine(&staged(true)), Double::default());
    let host = machine.host();
    host.state.create(Path::new("state")).unwrap().write(RECORD, b"{").unwrap();
    let (news, ran) = run(&machine, &double);
    assert_eq!((news.outcome, ran), (Outcome::Forbidden, None), "{news:?}");
    assert_eq!(double.calls.borrow().len(), 0);
}

#[test]
fn while_one_run_is_at_it_another_leaves_it_alone() {
    let (machine, double) = (machine(&staged(true)), Double::default());
    let host = machine.host();
    let (_, begin) = prepare(&host, order(), &double);
    let (news, other) = prepare(&host, order(), &double);
    assert_eq!((news.outcome, other.is_none()), (Outcome::Busy, true), "{news:?}");
    drop(begin);
}
