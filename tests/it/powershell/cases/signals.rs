//! Cases about signals that a server gives by itself.

use s2scert::node::powershell as ps;
use serde_json::json;

use crate::powershell::conform::{Case, ask, case};

fn query(what: &str) -> ps::GetEvents {
    let since = "TimeGenerated >= \"20261026080000.000000+000\"";
    ps::GetEvents { query: format!("Logfile = \"Application\" AND {what} AND {since}") }
}

/// All cases.
pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "event 8311 of the last week, and no other",
            ps::GET_EVENTS,
            |_| {},
            |p, r| ask(p, r, &query("EventCode = \"8311\"")),
            Ok(json!({ "events": [{
                "source": "SharePoint Foundation", "code": 8311, "severity": 1, "at": "2026-11-02T06:30:00.0000000Z",
                "message": "NotTimeValid: 証明書 CN=s2s",
            }] })),
        ),
        case(
            "what the monitoring of Dynamics has written",
            ps::GET_EVENTS,
            |_| {},
            |p, r| ask(p, r, &query("SourceName = \"MSCRMMonitoringServerRole\"")),
            Ok(json!({ "events": [{
                "source": "MSCRMMonitoringServerRole", "code": 17, "severity": 2, "at": "2026-11-01T23:45:00.0000000Z",
                "message": "A certificate expires soon.",
            }] })),
        ),
        case(
            "a log without such events",
            ps::GET_EVENTS,
            |state| state["events"] = json!([]),
            |p, r| ask(p, r, &query("EventCode = \"8311\"")),
            Ok(json!({ "events": [] })),
        ),
        case(
            "a flood is cut after fifty",
            ps::GET_EVENTS,
            |state| {
                let event =
                    |_| json!({ "source": "s", "code": 8311, "type": 1, "at": "2026-11-02T06:30:00Z", "message": "m" });
                state["events"] = (0..52).map(event).collect();
            },
            |p, r| ask(p, r, &query("EventCode = \"8311\"")),
            Ok(json!({ "events": (0..50).map(|_| json!({
                "source": "s", "code": 8311, "severity": 1, "at": "2026-11-02T06:30:00.0000000Z", "message": "m",
            })).collect::<Vec<_>>() })),
        ),
        case(
            "a log that is not shown",
            ps::GET_EVENTS,
            |state| state["logs"] = json!(["System"]),
            |p, r| ask(p, r, &query("EventCode = \"8311\"")),
            Err("the Application log is not shown to this account | event-log-absent"),
        ),
        case(
            "from when on the deployment warns",
            ps::GET_CRM_MONITORING,
            |_| {},
            |p, r| ask(p, r, &ps::GetCrmMonitoring),
            Ok(json!({ "thresholds": ["10"] })),
        ),
        case(
            "a deployment that has no such setting",
            ps::GET_CRM_MONITORING,
            |state| state["crm"]["monitoring"] = json!(null),
            |p, r| ask(p, r, &ps::GetCrmMonitoring),
            Ok(json!({ "thresholds": [""] })),
        ),
        case(
            "no deployment tools",
            ps::GET_CRM_MONITORING,
            |state| state["snapins"] = json!([]),
            |p, r| ask(p, r, &ps::GetCrmMonitoring),
            Err("the snap-in Microsoft.Crm.PowerShell is not installed on this server | crm-snapin-absent"),
        ),
    ]
}
