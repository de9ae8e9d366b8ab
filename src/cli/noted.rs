//! Acts on this machine that are written down in the audit log: who let whom read which key, what was installed and removed.

use crate::app::access::{Request, Target};
use crate::app::audit::{Act, around};
use crate::app::store::InstallOptions;
use crate::error::Result;
use crate::farm::store::StoreName;
use crate::node::access::AccessReport;
use crate::node::store::{InstallReport, RemoveOrder, RemoveReport};
use crate::ports::Host;

/// What came of an act that may have had nothing to do.
const fn outcome(changed: bool) -> &'static str {
    if changed { "done" } else { "nothing changed" }
}

/// Writes an installation down around it.
pub(super) fn installed(
    host: &Host,
    options: &InstallOptions,
    run: impl FnOnce() -> Result<InstallReport>,
) -> Result<InstallReport> {
    let file = options.file.display().to_string();
    let what = if options.repair { "store install --repair" } else { "store install" };
    let readers = options.grants.join(", ");
    let detail = format!("{}; readers: {readers}", options.place.text(StoreName::My));
    let act = Act { what, about: &file, result: "begins", detail: &detail };
    around(host, &act, run, |report| (outcome(report.changed), format!("certificate {}", report.thumbprint)))
}

/// Writes a removal down around it.
pub(super) fn removed(
    host: &Host,
    order: &RemoveOrder<'_>,
    run: impl FnOnce() -> Result<RemoveReport>,
) -> Result<RemoveReport> {
    let key = if order.with_key { ", with its key" } else { "" };
    let detail = format!("{}{key}", order.place.text(order.store));
    let act = Act { what: "store remove", about: order.thumbprint, result: "begins", detail: &detail };
    around(host, &act, run, |report| (outcome(report.changed), detail.clone()))
}

/// Writes a change of access down around it. Looking is not written down.
pub(super) fn access(
    host: &Host,
    target: &Target,
    request: &Request,
    run: impl FnOnce() -> Result<AccessReport>,
) -> Result<AccessReport> {
    let (what, detail) = match request {
        Request::Grant(names) => ("access grant", names.join(", ")),
        Request::Revoke(names) => ("access revoke", names.join(", ")),
        Request::Restore(list) => ("access restore", list.clone()),
        Request::Show | Request::Check { .. } => return run(),
    };
    let act = Act { what, about: &target.text, result: "begins", detail: &detail };
    around(host, &act, run, |report| (outcome(report.changed), detail.clone()))
}
