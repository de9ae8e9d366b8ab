//! The looks at signals that a server gives by itself: events of its log, and from when on the deployment warns.

use jiff::Timestamp;

use super::script::ask;
use super::{Fault, Look, Work};
use crate::node::powershell::{GetCrmMonitoring, GetEvents, LogEvent};
use crate::protocol::{Facts, List, LoggedEvent, MonitoringFacts, SignalFacts, SignalKind, SignalsRead, Text};

/// Reads events that speak of certificates.
pub(super) fn events(asked: SignalsRead, work: &Work<'_>) -> Result<Look, Fault> {
    let found = ask(&GetEvents { query: query(asked) }, work)?.events;
    let events = List::first(found.iter().filter_map(event));
    Ok(Look::of(Facts::Signals(SignalFacts { events })))
}

/// Reads the threshold of the deployment.
pub(super) fn monitoring(work: &Work<'_>) -> Result<Look, Fault> {
    let found = ask(&GetCrmMonitoring, work)?.thresholds;
    // Nothing, or what is no number, is no threshold: then nobody is warned.
    let threshold = found.first().and_then(|text| text.trim().parse().ok());
    Ok(Look::of(Facts::Monitoring(MonitoringFacts { threshold })))
}

/// The condition of WQL for one kind of event since an instant.
fn query(asked: SignalsRead) -> String {
    let since = asked.since.strftime("%Y%m%d%H%M%S.000000+000");
    let what = match asked.kind {
        SignalKind::SharePoint => "EventCode = \"8311\"",
        SignalKind::Monitoring => "SourceName = \"MSCRMMonitoringServerRole\"",
    };
    format!("Logfile = \"Application\" AND {what} AND TimeGenerated >= \"{since}\"")
}

fn event(one: &LogEvent) -> Option<LoggedEvent> {
    Some(LoggedEvent {
        source: Text::told(&one.source),
        code: one.code,
        severity: one.severity,
        // An event whose instant cannot be read is none that can be told.
        at: one.at.parse::<Timestamp>().ok()?,
        message: Text::told(&one.message),
    })
}
