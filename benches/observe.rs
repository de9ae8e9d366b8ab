//! How much longer it takes to look at fifty servers than at the slowest of them alone.
//!
//! Each answer is a pause: what is measured is that nobody waits for anybody. Budget: 1.2 times the slowest.

#![expect(clippy::unwrap_used, reason = "a failed step fails the bench")]
#![expect(clippy::disallowed_methods, reason = "the latency of a network is a pause here")]
#![expect(clippy::print_stdout, reason = "the ratio is what is asked for")]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use s2scert::app::farm::metadata::Documents;
use s2scert::app::farm::observe::{Live, Looked, observe};
use s2scert::farm::description::{Farm, Node, read};
use s2scert::ports::{CarryError, Host, Transport};
use s2scert::protocol::{Action, Answer, Facts, Observed, Outcome, Request};
use serde_json::json;

const SERVERS: usize = 50;
/// How long an answer takes, and how long that of the slowest server.
const USUAL: Duration = Duration::from_millis(60);
const SLOWEST: Duration = Duration::from_millis(150);

/// A network in which every answer takes its time.
struct Slow;

impl Transport for Slow {
    fn ask(&self, node: &Node, request: &Request, _: Duration) -> Result<Answer, CarryError> {
        std::thread::sleep(if node.name.as_str() == "n0" { SLOWEST } else { USUAL });
        let facts = match request.action {
            Action::Describe(_) => json!({ "node": {
                "version": "0.1.0", "program_sha256": null, "system": "windows", "system_version": "10.0.17763",
                "machine": "x", "account": "S-1-5-18", "elevated": true,
                "state": {
                    "folder": "C:\\x", "highest_fence": 0, "lease": null, "roll": null, "staged": [], "open_attempts": []
                },
                "powershell": { "unseen": "no" }, "script": { "unseen": "no" }, "network_identity": { "unseen": "no" },
            } }),
            Action::Services(_) => json!({ "services": { "services": [], "pools": [] } }),
            _ => json!({ "certificates": { "certificates": [] } }),
        };
        let facts: Facts = serde_json::from_value(facts).unwrap();
        let outcome = Outcome::Observed(Observed { holds: None, facts });
        Ok(Answer::new(Some(request.request.clone()), node.name.as_str(), jiff::Timestamp::now(), outcome))
    }
}

fn farm() -> Farm {
    let mut text = String::from(
        "format = \"1.0\"\nname = \"large\"\n[certificate]\nsubject = \"CN=crm.contoso.com,OU={g},O=Contoso\"\n[update_crm]\nnode = \"n0\"\n\
         [[identity]]\naccount = \"CONTOSO\\\\svc-crm\"\nroles = [\"async\"]\n",
    );
    for number in 0..SERVERS {
        write!(
            text,
            "[[node]]\nname = \"n{number}\"\nroles = [\"async\"]\nos = \"server2019\"\ntransport = \"ssh\"\naddress = \"n{number}\"\n"
        )
        .unwrap();
    }
    read(&text).farm
}

fn look(host: &Host, farm: &Farm, only: &[String]) -> Vec<Looked> {
    let live = Live { transport: Arc::new(Slow), deadline: Duration::from_secs(60), only: only.to_vec() };
    let all = observe(host, farm, &Documents::of(host, farm, Path::new("farm.toml")), &live);
    assert!(all.iter().all(|one| one.facts.is_ok()));
    all
}

fn whole_and_slowest(criterion: &mut Criterion) {
    let (host, farm) = (s2scert::sys::host(), farm());
    assert_eq!(farm.nodes.len(), SERVERS);
    let slowest = ["n0".to_owned()];
    let mut group = criterion.benchmark_group("observe");
    group.sample_size(10).measurement_time(Duration::from_secs(6));
    group.bench_function("the slowest server alone", |bencher| bencher.iter(|| look(&host, &farm, &slowest)));
    group.bench_function("fifty servers", |bencher| bencher.iter(|| look(&host, &farm, &[])));
    group.finish();
    let timed = |only: &[String]| {
        let begun = Instant::now();
        look(&host, &farm, only);
        begun.elapsed().as_secs_f64()
    };
    let (alone, whole) = (timed(&slowest), timed(&[]));
    println!("observe/ratio: fifty servers take {:.2} times as long as the slowest of them", whole / alone);
}

criterion_group!(benches, whole_and_slowest);
criterion_main!(benches);
