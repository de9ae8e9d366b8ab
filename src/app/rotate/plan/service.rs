//! What a roll means for those who use the farm: who is away for a moment, and what does not work meanwhile.

use crate::rotation::basis::Strategy;
use crate::rotation::plan::{Act, Check, Phase, Plan, Step};

/// One server after the other: the next is not touched before this one serves again.
pub(super) fn waves(plan: &Plan) -> Vec<String> {
    let mut waves: Vec<(String, Vec<String>)> = Vec::new();
    for step in &plan.steps {
        let (Act::Recycle(named) | Act::Restart(named)) = &step.act else { continue };
        let name = named.name.as_str().to_owned();
        match waves.last_mut().filter(|(node, _)| node == step.node.as_str()) {
            Some((_, services)) => services.push(name),
            None => waves.push((step.node.to_string(), vec![name])),
        }
    }
    waves.into_iter().map(|(node, services)| format!("{node}: {}", services.join(", "))).collect()
}

/// Says what gap in service is to be expected, and why.
pub(super) fn gap(plan: &Plan) -> String {
    let number = |wanted: &dyn Fn(&Step) -> bool| plan.steps.iter().position(wanted).map(|place| place + 1);
    let begins = number(&|step| matches!(step.act, Act::Recycle(_) | Act::Restart(_)));
    let ends = number(&|step| matches!(step.check, Check::Trust(_)) && step.phase == Phase::Trust);
    let Some(begins) = begins else {
        return "none: no service is started anew".to_owned();
    };
    match (plan.strategy, ends) {
        (Strategy::Repair | Strategy::Retire, _) => {
            "none for SharePoint: the certificate that is signed with stays; each server is away while its services begin anew"
                .to_owned()
        }
        (Strategy::Overlap, _) => {
            "none is expected: SharePoint accepts both certificates before the first server signs with the new one. That is what the \
             documentation lets one expect, and was not proven on a real farm. Each server is away while its services begin anew"
                .to_owned()
        }
        (Strategy::Initial, _) => {
            "each server is away while its services begin anew; SharePoint trusts nothing yet, so nothing of it breaks"
                .to_owned()
        }
        (_, Some(ends)) => format!(
            "from step {begins}, when the first server begins to sign with the new certificate, to step {ends}, when SharePoint has \
             read the metadata again, SharePoint refuses tokens of that server: usually minutes, up to 24 hours where it keeps what \
             it has read; each server is away for a moment while its services begin anew"
        ),
        (_, None) => format!(
            "from step {begins} on until somebody has let SharePoint read the metadata again: this program reaches no server of it"
        ),
    }
}
