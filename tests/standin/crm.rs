//! The deployment of Dynamics: its certificate rows and servers, with the update rule of the second-hand observations.

use serde_json::{Value as Json, json};

use super::cmdlets::{Bound, second_hop};
use super::interpret::{Failure, Run, Session, Stop};
use super::value::{Object, Value};
use super::world::{file as on_disk, items, items_mut, tick, word};

/// The fields of a row that decide whether it is written.
const FIELDS: &[&str] = &["name", "data", "storeName", "storeLocation", "storeFindType"];

/// The types of which a further row is added instead of updated.
const ADDED: &[&str] = &["AlternativeIssuer", "AlternativeEncrypting"];

pub(super) fn certificates(session: &mut Session<'_>, _: &Bound) -> Run<Vec<Value>> {
    second_hop(session)?;
    let state = session.world.state();
    let entry = |row: &Json| {
        let kind = |key| Value::Enum(word(row, key).to_owned(), 1);
        let properties = vec![
            ("Id", Object::of("Guid", word(row, "id"), Vec::new())),
            ("Name", Value::text(word(row, "name"))),
            ("CertificateType", kind("certificateType")),
            ("Data", Value::text(word(row, "data"))),
            ("StoreName", kind("storeName")),
            ("StoreLocation", kind("storeLocation")),
            ("StoreFindType", kind("storeFindType")),
        ];
        Object::of("Microsoft.Xrm.Sdk.Deployment.Certificate", "Certificate", properties)
    };
    Ok(items(&state["crm"], "rows").iter().map(entry).collect())
}

pub(super) fn servers(session: &mut Session<'_>, _: &Bound) -> Run<Vec<Value>> {
    second_hop(session)?;
    let state = session.world.state();
    let entry = |server: &Json| {
        let properties = vec![
            ("Name", Value::text(word(server, "name"))),
            ("FullName", Value::text(word(server, "fullName"))),
            ("Roles", Value::Enum(word(server, "roles").to_owned(), 3)),
            ("State", Value::Enum(word(server, "state").to_owned(), 0)),
            ("Version", Object::of("Version", word(server, "version"), Vec::new())),
        ];
        Object::of("Microsoft.Xrm.Sdk.Deployment.Server", "Server", properties)
    };
    Ok(items(&state["crm"], "servers").iter().map(entry).collect())
}

pub(super) fn settings(session: &mut Session<'_>, bound: &Bound) -> Run<Vec<Value>> {
    second_hop(session)?;
    let (kind, state) = (bound.text("SettingType"), session.world.state());
    if kind != "MonitoringSettings" {
        let text = format!("Cannot find type [{kind}]: verify that it is a setting of the deployment.");
        return Err(Stop::Throw(Failure::new(&text, "GetCrmSetting", "ArgumentException")));
    }
    let name = "CertificateLifetimeNotificationThreshold";
    let value = Value::from_json(&state["crm"]["monitoring"]);
    Ok(vec![Object::of("Microsoft.Xrm.Sdk.Deployment.MonitoringSettings", "", vec![(name, value)])])
}

pub(super) fn set(session: &mut Session<'_>, bound: &Bound) -> Run<Vec<Value>> {
    second_hop(session)?;
    if bound.parameter("Name").is_some_and(|name| name.words().is_empty()) {
        let text = "Cannot validate argument on parameter 'Name'. The argument is null or empty.";
        let id = "ParameterArgumentValidationError";
        return Err(Stop::Throw(Failure::new(text, id, "ParameterBindingValidationException")));
    }
    let file = bound.text("DataFile");
    let data = on_disk(&session.world.state(), &file).map(|found| word(&found, "data").to_owned());
    let Some(data) = data else {
        let text = format!("Could not find file '{file}'.");
        return Err(Stop::Report(Failure::new(&text, "SetCrmCertificate", "FileNotFoundException")));
    };
    let row = json!({
        "certificateType": bound.text("CertificateType"),
        "name": bound.text("Name"),
        "data": data,
        "storeName": bound.text("StoreName"),
        "storeLocation": bound.text("StoreLocation"),
        "storeFindType": bound.text("StoreFindType"),
    });
    write_row(session, row);
    Ok(vec![Value::text("the row")])
}

/// Writes a row: nothing where it is the same, the first row of its type where there is one, else a new row.
pub(super) fn write_row(session: &Session<'_>, mut row: Json) {
    let kind = word(&row, "certificateType").to_owned();
    let changed = session.world.with(|state| {
        let at = tick(state);
        let count = items(&state["crm"], "rows").len();
        let rows = items_mut(&mut state["crm"], "rows");
        let same = |old: &Json| FIELDS.iter().all(|field| word(old, field) == word(&row, field));
        let place = rows.iter().position(|old| word(old, "certificateType") == kind);
        match place {
            Some(place) if same(&rows[place]) => None,
            Some(place) if !ADDED.contains(&kind.as_str()) => {
                row["id"] = rows[place]["id"].clone();
                rows[place] = row;
                Some(at)
            }
            _ => {
                row["id"] = json!(format!("00000000-0000-0000-0000-{:012}", count + 1));
                rows.push(row);
                Some(at)
            }
        }
    });
    if let Some(at) = changed {
        session.world.note(json!({ "row-changed": kind, "at": at }));
    }
}

pub(super) fn remove(session: &mut Session<'_>, bound: &Bound) -> Run<Vec<Value>> {
    second_hop(session)?;
    if bound.parameter("Confirm").is_none_or(|confirm| confirm.truth()) {
        let text = "Windows PowerShell is in NonInteractive mode. Read and Prompt functionality is not available.";
        return Err(Stop::Throw(Failure::new(text, "InvalidOperation", "PSInvalidOperationException")));
    }
    let id = bound.text("Id");
    let gone = session.world.with(|state| {
        let rows = items_mut(&mut state["crm"], "rows");
        let place = rows.iter().position(|row| word(row, "id").eq_ignore_ascii_case(&id));
        place.map(|place| rows.remove(place))
    });
    match gone {
        Some(row) => {
            session.world.note(json!({ "row-removed": word(&row, "certificateType") }));
            Ok(vec![Value::text("removed")])
        }
        None => Err(Stop::Report(Failure::new("Certificate not found.", "RemoveCrmCertificate", "FaultException"))),
    }
}
