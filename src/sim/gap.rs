//! Invariant 2: in an overlap no server ever signs with a certificate that a trust does not accept. What servers sign with and
//! what trusts accept is put together from the events alone.

use super::checker::{Tell, last_end};
use super::trace::{Cert, Ending, Event, Story, What};
use crate::rotation::basis::Strategy;

/// What is so at one moment.
struct Moment {
    /// What each process of each server that signs has loaded.
    loaded: Vec<Vec<Option<Cert>>>,
    /// What each trust accepts, farm by farm.
    trusts: Vec<Vec<Vec<Cert>>>,
    rows: Vec<Cert>,
    stores: Vec<Vec<Cert>>,
}

impl Moment {
    fn first(story: &Story) -> Self {
        let before = &story.before;
        let mut rest = before.trusts.as_slice();
        let mut trusts = Vec::new();
        for many in &before.farms {
            let (farm, others) = rest.split_at((*many).min(rest.len()));
            trusts.push(farm.to_vec());
            rest = others;
        }
        let loaded = before.nodes.iter().map(|node| if node.signs { node.signs_with.clone() } else { Vec::new() });
        let stores = before.nodes.iter().map(|node| node.store.iter().map(|one| one.0).collect());
        Self { loaded: loaded.collect(), trusts, rows: before.rows.clone(), stores: stores.collect() }
    }

    fn take(&mut self, event: &Event, story: &Story) {
        match &event.what {
            What::Restarted { node, process, loads } if story.before.nodes[*node].signs => {
                if let Some(one) = self.loaded[*node].get_mut(*process) {
                    *one = *loads;
                }
            }
            What::TrustsRead { farm, accepted } => {
                self.trusts[*farm].iter_mut().for_each(|trust| trust.clone_from(accepted));
            }
            What::Rows { after, .. } => self.rows.clone_from(after),
            What::Imported { node, cert } => {
                self.stores[*node].retain(|one| one != cert);
                self.stores[*node].push(*cert);
            }
            What::Removed { node, cert, .. } => self.stores[*node].retain(|one| one != cert),
            _ => return,
        }
        if story.processes_follow {
            let named = self.rows.first().copied();
            for (node, processes) in self.loaded.iter_mut().enumerate() {
                let loads = named.filter(|cert| self.stores[node].contains(cert));
                processes.iter_mut().for_each(|one| *one = loads);
            }
        }
    }

    /// Returns a server and a certificate with which it signs and which a trust does not accept.
    fn gap(&self) -> Option<(usize, Cert)> {
        let trusts = || self.trusts.iter().flatten();
        let signs =
            self.loaded.iter().enumerate().flat_map(|(node, all)| all.iter().flatten().map(move |one| (node, *one)));
        signs.into_iter().find(|(_, cert)| trusts().any(|trust| !trust.contains(cert)))
    }
}

/// Finds the first gap of an overlap, and a job that is held in the end without anybody being told.
pub(super) fn no_gap(story: &Story, tell: Tell<'_>) {
    held(story, tell);
    drained(story, tell);
    if story.strategy != Strategy::Overlap {
        return;
    }
    let mut moment = Moment::first(story);
    let mut last = story.before.at;
    for event in &story.events {
        // What somebody does by hand, or another roll, is not held to this.
        let planned = |node: usize| story.before.nodes[node].by_hand;
        let by_hand = event.run == 0
            && match event.what {
                What::TrustsRead { .. } | What::ClockSet { .. } => false,
                What::Restarted { node, .. } | What::Imported { node, .. } | What::Removed { node, .. } => {
                    !planned(node)
                }
                _ => true,
            };
        if by_hand || matches!(event.what, What::RunBegins { other: true }) {
            return;
        }
        moment.take(event, story);
        last = last.max(event.at);
        if let Some((node, cert)) = moment.gap() {
            let name = &story.before.nodes[node].name;
            tell(2, format!("at {last} {name} signs with certificate {cert}, and a trust does not accept it"));
            return;
        }
    }
}

/// 5: no process of a server behind a load balancer is started anew by us before it was taken out, and in the end each is back.
fn drained(story: &Story, tell: Tell<'_>) {
    let mut out: Vec<bool> = vec![false; story.before.nodes.len()];
    for event in &story.events {
        match event.what {
            What::Drained { node, out: now } => out[node] = now,
            What::Restarted { node, .. } if event.run > 0 && story.before.nodes[node].balanced && !out[node] => {
                let name = &story.before.nodes[node].name;
                tell(5, format!("at {} a process of {name} begins anew while requests go there", event.at));
            }
            _ => {}
        }
    }
    let Some(end) = last_end(story) else { return };
    let named: &[String] = if let Ending::Manual { named, .. } = end { named } else { &[] };
    for node in story.after.nodes.iter().filter(|node| node.drained && !named.contains(&node.name)) {
        tell(5, format!("{} is out of the load balancer in the end, and nobody is told", node.name));
    }
}

fn held(story: &Story, tell: Tell<'_>) {
    let Some(end) = last_end(story) else { return };
    let told: &[(String, String)] = if let Ending::Manual { commands, .. } = end { commands } else { &[] };
    for server in &story.after.held {
        let name = &story.after.nodes[*server].name;
        // That the server is named is not enough: something else may be left there as well.
        if !told.iter().any(|(node, command)| node == name && command.contains("Enable-SPTimerJob")) {
            tell(2, format!("the job of {name} is held in the end, and nobody is told how to release it"));
        }
    }
}
