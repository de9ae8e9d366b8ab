//! What servers tell of themselves, and what follows from it. The way to them is a double.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::Ways;
use super::*;
use crate::fake_host::FakeHost;
use crate::ports::{CarryError, CarryFault};
use crate::protocol::{Answer, List, MonitoringFacts, Observed, Outcome, SignalFacts, Text};

const FARM: &str = "format = \"1.0\"\nname = \"contoso\"\n
[[node]]\nname = \"crm-1\"\nroles = [\"web\", \"async\", \"deployment-tools\"]\nos = \"server2022\"\ntransport = \"local\"\n
[[node]]\nname = \"sp-1\"\nroles = [\"sharepoint\"]\nos = \"server2022\"\ntransport = \"ssh\"\naddress = \"sp-1.contoso.com\"\n
[[node]]\nname = \"sp-2\"\nroles = [\"sharepoint\"]\nos = \"server2016\"\ntransport = \"manual\"\n";

/// Answers as one farm would.
#[derive(Clone, Copy)]
struct Double {
    sharepoint: &'static [(u32, &'static str)],
    monitoring: &'static [(u32, &'static str)],
    threshold: Option<u32>,
    dead: bool,
}

impl Transport for Double {
    fn ask(&self, node: &Node, request: &Request, _: Duration) -> Result<Answer, CarryError> {
        assert_ne!(node.name.as_str(), "sp-2", "who is looked after by hand is not asked");
        if self.dead {
            let (why, next) = ("access is denied".to_owned(), String::new());
            return Err(CarryError { fault: CarryFault::Unusable, reached: false, why, next });
        }
        let of = |all: &[(u32, &str)]| {
            let event = |(number, (severity, message)): (usize, &(u32, &str))| LoggedEvent {
                source: Text::told("source"),
                code: 8311,
                severity: *severity,
                at: Timestamp::from_second(1_790_000_000 + number as i64 * 60).unwrap(),
                message: Text::told(message),
            };
            Facts::Signals(SignalFacts { events: List::first(all.iter().enumerate().map(event)) })
        };
        let facts = match &request.action {
            Action::Signals(SignalsRead { kind: SignalKind::SharePoint, .. }) => of(self.sharepoint),
            Action::Signals(SignalsRead { kind: SignalKind::Monitoring, .. }) => of(self.monitoring),
            _ => Facts::Monitoring(MonitoringFacts { threshold: self.threshold }),
        };
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        Ok(Answer::new(None, node.name.as_str(), at, Outcome::Observed(Observed { holds: None, facts })))
    }
}

fn seen(double: Double) -> Places {
    let machine = FakeHost::new("2026-11-25T12:00:00Z".parse().unwrap(), 1).with_file("farm.toml", FARM);
    let ways: super::super::Wire = Arc::new(move |_: &Host, _: &Path| Ok(Arc::new(double) as Arc<dyn Transport>));
    let options = Options { ways: Ways(Some(ways)), ..Options::default() };
    let farm = FarmTable { file: PathBuf::from("farm.toml"), seconds: 30, rotate: false };
    let mut places = Places::default();
    look(&machine.host(), &SignalsTable { days: 7 }, &farm, &options, &mut places);
    places
}

const QUIET: Double = Double { sharepoint: &[], monitoring: &[], threshold: Some(20), dead: false };

#[test]
fn a_quiet_farm_has_nothing_to_say_and_its_threshold_is_shown() {
    let places = seen(QUIET);
    assert_eq!((places.troubles, places.unseen), (Vec::new(), 0));
    assert_eq!(places.notes.len(), 1);
    assert!(places.notes[0].contains("from 20 percent"), "{:?}", places.notes);
}

#[test]
fn events_of_one_server_are_one_story_with_the_last_of_them() {
    let sharepoint: &[_] = &[(1, "An operation failed"), (1, "An operation failed:\n  NotTimeValid")];
    let places = seen(Double { sharepoint, monitoring: &[(3, "all is well"), (2, "expires soon")], ..QUIET });
    let told: Vec<_> = places.troubles.iter().map(|one| (one.kind, one.level, one.message.as_str())).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((told[0].0, told[0].1), (Kind::Signal, Level::Warning));
    assert!(told[0].2.contains("1 events") && told[0].2.ends_with("expires soon"), "{}", told[0].2);
    assert_eq!((told[1].0, told[1].1), (Kind::Signal, Level::Error));
    assert!(
        told[1].2.contains("2 events") && told[1].2.ends_with("An operation failed: NotTimeValid"),
        "{}",
        told[1].2
    );
}

#[test]
fn a_deployment_that_does_not_warn_is_told_with_how_to_let_it() {
    for threshold in [None, Some(0)] {
        let places = seen(Double { threshold, ..QUIET });
        assert_eq!((places.troubles.len(), places.notes.len()), (1, 0));
        assert!(places.troubles[0].remedy.contains("Set-CrmSetting"), "{:?}", places.troubles);
    }
}

#[test]
fn what_is_not_shown_is_unseen_and_never_good() {
    let places = seen(Double { dead: true, ..QUIET });
    // Two questions to the server of Dynamics, one to that of SharePoint.
    assert_eq!((places.unseen, places.troubles.len(), places.notes.len()), (3, 3, 0));
    assert!(places.troubles.iter().all(|one| one.kind == Kind::Unreadable && one.message.contains("access is denied")));
}
