//! The shapes of plans beside the documented way, and what farm.toml has a say in.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use super::basis::{BalancerSeen, Basis, Reason, RowSeen, Strategy};
use super::lint::lint;
use super::plan::{Act, Check, Phase, Plan, Step, Which};
use super::planner::{Objection, plan};
use crate::farm::description::{ArgumentList, Transport};
use crate::protocol::{Id, Text};
use crate::sim::roll::{Shape, roll};

fn basis() -> Basis {
    roll(0, &Shape::sample(3, Strategy::Direct)).unwrap().plan.basis
}

fn shaped(strategy: Strategy) -> Plan {
    let mut basis = basis();
    basis.asked.strategy = Some(strategy);
    plan(&basis).unwrap()
}

fn place(plan: &Plan, id: &str) -> usize {
    plan.steps.iter().position(|step| step.id.as_str() == id).unwrap()
}

#[test]
fn an_overlap_publishes_holds_switches_crosses_releases_and_withdraws_in_this_order() {
    let plan = shaped(Strategy::Overlap);
    assert_eq!(lint(&plan), []);
    let order = ["publish", "trust-early-farm-sp-1@1", "hold-farm-sp-1", "switch", "cross", "release-farm-sp-1"];
    let more = ["recycle-crm-003@3", "verify-row", "withdraw"];
    let places: Vec<usize> = order.iter().chain(&more).map(|id| place(&plan, id)).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(plan.no_return.as_ref().unwrap().as_str(), "withdraw");
}

#[test]
fn the_lint_finds_each_gap_in_an_overlap() {
    type Change = fn(&mut Plan);
    fn without(plan: &mut Plan, goes: fn(&Step) -> bool) {
        plan.steps.retain(|step| !goes(step));
    }
    let cases: [(u8, &str, Change); 8] = [
        (2, "before the trust", |p| without(p, |step| step.id.as_str().starts_with("trust-early"))),
        (2, "single certificate", |p| without(p, |step| step.act == Act::HoldJob)),
        (2, "single certificate", |p| without(p, |step| step.act == Act::SetAlternative(Which::Old))),
        (2, "before the last process", |p| {
            let at = place(p, "withdraw");
            let mut step = p.steps.remove(at);
            step.phase = Phase::Settle;
            p.steps.insert(place(p, "recycle-crm-001@1"), step);
        }),
        (2, "way back has a gap", |p| p.unwind.retain(|step| step.act != Act::HoldJob)),
        (2, "way back has a gap", |p| {
            let at = p.unwind.iter().position(|step| step.act == Act::RemoveAlternative).unwrap();
            let step = p.unwind.remove(at);
            p.unwind.insert(0, step);
        }),
        (6, "nothing takes it back", |p| p.unwind.retain(|step| step.act != Act::ReleaseJob)),
        (6, "nothing takes it back", |p| p.unwind.retain(|step| step.act != Act::RemoveAlternative)),
    ];
    for (number, (invariant, what, change)) in cases.into_iter().enumerate() {
        let mut plan = shaped(Strategy::Overlap);
        change(&mut plan);
        let faults = lint(&plan);
        let found = faults.iter().any(|fault| fault.invariant == invariant && fault.what.contains(what));
        assert!(found, "case {number}: {what}: {faults:?}");
    }
}

#[test]
fn what_stands_against_the_other_shapes_is_told() {
    type Change = fn(&mut Basis);
    type Told = fn(&Objection) -> bool;
    fn alternative(basis: &mut Basis) {
        let row = RowSeen { certificate_type: Text::told("AlternativeS2STokenIssuer"), ..basis.seen.rows[0].clone() };
        basis.seen.rows.push(row);
    }
    let cases: [(Strategy, Change, Told); 11] = [
        (Strategy::Overlap, alternative, |o| *o == Objection::AlternativeThere),
        (Strategy::Overlap, |b| b.seen.rows[0].not_after = Some(b.asked.now), |o| *o == Objection::OldExpired),
        (Strategy::Overlap, |b| b.seen.rows[0].not_after = None, |o| *o == Objection::OldExpired),
        (Strategy::Overlap, |b| b.seen.sharepoint[0].server = None, |o| matches!(o, Objection::FarmNotReached(_))),
        (
            Strategy::Overlap,
            |b| b.seen.sharepoint[0].trusts[0].by_metadata = false,
            |o| matches!(o, Objection::TrustApart(_)),
        ),
        (
            Strategy::Overlap,
            |b| b.seen.sharepoint[0].trusts[0].accepted.clear(),
            |o| matches!(o, Objection::TrustApart(_)),
        ),
        (Strategy::Overlap, |b| b.asked.reason = Some(Reason::KeyCompromise), |o| *o == Objection::NoOverlapAtOnce),
        (Strategy::Repair, |_| {}, |o| *o == Objection::NotTheRow),
        (Strategy::Repair, |b| b.asked.nodes.push(Id::word("sp-1")), |o| matches!(o, Objection::NotSigning(_))),
        (Strategy::Retire, |_| {}, |o| *o == Objection::NothingToRetire),
        (Strategy::Retire, |b| b.asked.old = b.seen.rows[0].thumbprint, |o| *o == Objection::OldInUse),
    ];
    for (number, (strategy, change, told)) in cases.into_iter().enumerate() {
        let mut basis = basis();
        basis.asked.strategy = Some(strategy);
        change(&mut basis);
        let objections = plan(&basis).unwrap_err();
        assert!(objections.iter().any(told), "case {number}: {objections:?}");
        assert!(objections.iter().all(|one| !one.to_string().is_empty() && !one.next().is_empty()));
    }
}

#[test]
fn a_row_that_has_expired_is_recovered_and_the_web_servers_of_sharepoint_begin_anew() {
    let mut basis = basis();
    basis.seen.rows[0].not_after = Some(basis.asked.now);
    let plan = plan(&basis).unwrap();
    assert_eq!((plan.strategy, lint(&plan)), (Strategy::Recover, vec![]));
    assert!(place(&plan, "refresh-farm-sp-1") < place(&plan, "web-sp-1"));
}

#[test]
fn after_a_compromise_the_old_certificate_goes_at_once_and_the_plan_says_what_breaks() {
    let mut basis = basis();
    basis.asked.reason = Some(Reason::KeyCompromise);
    let plan = plan(&basis).unwrap();
    assert_eq!(lint(&plan), []);
    assert!(plan.steps.iter().any(|step| matches!(step.check, Check::Untrusted(_)) && step.phase == Phase::Verify));
    assert!(plan.steps.iter().any(|step| matches!(&step.check, Check::Quarantine(days) if days.days == 0)));
    assert!(plan.steps.iter().any(|step| step.act == Act::Remove(Which::Old)));
    assert!(plan.breaks.iter().any(|one| one.as_str().contains("no way back")));
}

#[test]
fn a_server_that_people_look_after_is_waited_for_before_the_switch() {
    let mut basis = basis();
    basis.seen.nodes[1].transport = Transport::Manual;
    let by_hand = plan(&basis).unwrap();
    assert_eq!(lint(&by_hand), []);
    assert!(place(&by_hand, "hand-ready-crm-002") < place(&by_hand, "switch"));
    assert!(place(&by_hand, "hand-recycle-crm-002") > place(&by_hand, "switch"));
    assert!(by_hand.unwind.iter().any(|step| step.id.as_str() == "hand-back-crm-002"));
    assert!(!by_hand.nodes().iter().any(|name| name.as_str() == "crm-002"), "nothing is asked of it");
    let mut without = by_hand;
    without.steps.retain(|step| step.id.as_str() != "hand-ready-crm-002");
    assert!(lint(&without).iter().any(|fault| fault.invariant == 3 && fault.what.contains("nobody has to record")));
    basis.seen.nodes[1].transport = Transport::Ssh;
    basis.seen.nodes[0].transport = Transport::Manual;
    assert!(plan(&basis).unwrap_err().iter().any(|one| matches!(one, Objection::ByHand(_))));
}

#[test]
fn windows_freezes_and_the_load_balancer_are_steps_of_the_plan() {
    let mut basis = basis();
    basis.seen.freezes = vec![
        serde_json::from_value(serde_json::json!({"reason": "year", "from": "2026-12-20", "until": "2027-01-03"}))
            .unwrap(),
    ];
    let command = |word: &str| ArgumentList::try_from(vec!["lb".to_owned(), word.to_owned()]).unwrap();
    basis.seen.nodes[0].balancer = Some(BalancerSeen { drain: command("drain"), undrain: command("undrain") });
    let plan = plan(&basis).unwrap();
    assert_eq!(lint(&plan), []);
    assert_eq!(place(&plan, "open"), 0);
    assert!(place(&plan, "open-switch") < place(&plan, "switch"));
    let order = ["open-crm-001", "recycle-drain-crm-001", "recycle-crm-001@1", "recycle-undrain-crm-001"];
    assert!(order.map(|id| place(&plan, id)).is_sorted());
    let mut out = plan;
    out.unwind.retain(|step| !matches!(step.act, Act::Undrain(_)));
    assert!(lint(&out).iter().any(|fault| fault.what.contains("nothing takes it back")));
}
