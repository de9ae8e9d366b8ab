//! Cmdlets about the machine: files, registry, services, processes, application pools.

use serde_json::{Value as Json, json};

use super::cmdlets::{Bound, lists, local, struck};
use super::interpret::{Failure, Run, Session, Stop};
use super::value::{Object, Value};
use super::world::{at_path, file as on_disk, items, items_mut, tick, word};

type Output = Run<Vec<Value>>;

fn report(text: &str, id: &str, reason: &str) -> Output {
    Err(Stop::Report(Failure::new(text, id, reason)))
}

fn absent(path: &str) -> Output {
    report(&format!("Cannot find path '{path}' because it does not exist."), "PathNotFound", "ItemNotFoundException")
}

pub(super) fn join(_: &mut Session<'_>, bound: &Bound) -> Output {
    let (path, child) = (bound.text("Path"), bound.text("ChildPath"));
    if path.is_empty() {
        let text = "Cannot bind argument to parameter 'Path' because it is an empty string.";
        let id = "ParameterArgumentValidationErrorEmptyStringNotAllowed";
        return Err(Stop::Throw(Failure::new(text, id, "ParameterBindingValidationException")));
    }
    Ok(vec![Value::Text(format!("{}\\{}", path.trim_end_matches('\\'), child.trim_start_matches('\\')))])
}

pub(super) fn split(_: &mut Session<'_>, bound: &Bound) -> Output {
    let path = bound.text("Path");
    Ok(vec![Value::text(path.rsplit_once('\\').map_or("", |(parent, _)| parent))])
}

pub(super) fn set_location(session: &mut Session<'_>, bound: &Bound) -> Output {
    session.location = bound.text("LiteralPath");
    Ok(Vec::new())
}

pub(super) fn test(session: &mut Session<'_>, bound: &Bound) -> Output {
    let path = bound.text("LiteralPath");
    let state = session.world.state();
    let found = match bound.parameter("PathType").map(|kind| kind.words()).as_deref() {
        None => at_path(&state["registry"], &path).is_some() || at_path(&state["files"], &path).is_some(),
        Some("Leaf") => on_disk(&state, &path).is_some(),
        Some(other) => {
            let text = format!("Cannot bind parameter 'PathType' to \"{other}\".");
            return Err(Stop::Throw(Failure::new(&text, "CannotConvertArgument", "ParameterBindingException")));
        }
    };
    Ok(vec![Value::Bool(found)])
}

pub(super) fn hash(session: &mut Session<'_>, bound: &Bound) -> Output {
    let (path, state) = (bound.text("LiteralPath"), session.world.state());
    match (at_path(&state["files"], &path), bound.text("Algorithm").as_str()) {
        (Some(file), "SHA256") => {
            Ok(vec![Object::of("FileHashInfo", "", vec![("Hash", Value::text(word(file, "sha256")))])])
        }
        (Some(_), other) => {
            let text = format!("Cannot validate argument on parameter 'Algorithm': {other}");
            Err(Stop::Throw(Failure::new(
                &text,
                "ParameterArgumentValidationError",
                "ParameterBindingValidationException",
            )))
        }
        (None, _) => absent(&path),
    }
}

pub(super) fn signature(session: &mut Session<'_>, bound: &Bound) -> Output {
    let (path, state) = (bound.text("LiteralPath"), session.world.state());
    let Some(file) = at_path(&state["files"], &path) else { return absent(&path) };
    let status = Value::Enum(word(file, "signature").to_owned(), 2);
    Ok(vec![Object::of("Signature", "", vec![("Status", status)])])
}

pub(super) fn registry(session: &mut Session<'_>, bound: &Bound) -> Output {
    let (path, state) = (bound.text("LiteralPath"), session.world.state());
    match at_path(&state["registry"], &path).and_then(Json::as_object) {
        Some(values) => Ok(vec![Object::open("PSCustomObject", Value::entries(values), true)]),
        None => absent(&path),
    }
}

pub(super) fn policies(session: &mut Session<'_>, bound: &Bound) -> Output {
    let state = session.world.state();
    let all = items(&state["session"], "policies");
    let policy = |json: &Json| Value::Enum(word(json, "policy").to_owned(), 1);
    if bound.parameter("List").is_some() {
        let entry = |json: &Json| {
            let scope = Value::Enum(word(json, "scope").to_owned(), 0);
            Object::of("PSCustomObject", "", vec![("Scope", scope), ("ExecutionPolicy", policy(json))])
        };
        return Ok(all.iter().map(entry).collect());
    }
    Ok(vec![Value::Enum(effective_policy(&state), 1)])
}

/// The first policy that is defined, in the order of the scopes.
pub(super) fn effective_policy(state: &Json) -> String {
    let all = items(&state["session"], "policies");
    let defined = all.iter().map(|json| word(json, "policy")).find(|policy| *policy != "Undefined");
    defined.unwrap_or("Restricted").to_owned()
}

pub(super) fn snapins(session: &mut Session<'_>, bound: &Bound) -> Output {
    if bound.parameter("Registered").is_none() {
        return Ok(Vec::new());
    }
    let state = session.world.state();
    if items(&state, "snapins").is_empty() {
        return report(
            "No Windows PowerShell snap-ins are available for version 5.",
            "NoSnapins",
            "PSArgumentException",
        );
    }
    let entry =
        |json: &Json| Object::of("PSSnapInInfo", "", vec![("Name", Value::text(json.as_str().unwrap_or_default()))]);
    Ok(items(&state, "snapins").iter().map(entry).collect())
}

pub(super) fn add_snapin(session: &mut Session<'_>, bound: &Bound) -> Output {
    let (name, state) = (bound.text("Name"), session.world.state());
    if !lists(&state, "snapins", &name) {
        let text = format!("The Windows PowerShell snap-in '{name}' is not installed on this computer.");
        return report(&text, "AddPSSnapInRead", "PSArgumentException");
    }
    session.loaded.insert(if name == "Microsoft.SharePoint.PowerShell" { "SharePoint".to_owned() } else { name });
    Ok(Vec::new())
}

pub(super) fn modules(session: &mut Session<'_>, bound: &Bound) -> Output {
    let (name, state) = (bound.text("Name"), session.world.state());
    let found = bound.parameter("ListAvailable").is_some() && lists(&state, "modules", &name);
    Ok(if found { vec![Object::of("PSModuleInfo", &name, vec![("Name", Value::text(&name))])] } else { Vec::new() })
}

pub(super) fn import(session: &mut Session<'_>, bound: &Bound) -> Output {
    let (name, state) = (bound.text("Name"), session.world.state());
    if !lists(&state, "modules", &name) {
        let text = format!("The specified module '{name}' was not loaded because no valid module file was found.");
        return report(&text, "Modules_ModuleNotFound", "FileNotFoundException");
    }
    session.loaded.insert(if name == "SharePointServer" { "SharePoint".to_owned() } else { name });
    Ok(Vec::new())
}

pub(super) fn children(session: &mut Session<'_>, bound: &Bound) -> Output {
    let (path, state) = (bound.text("LiteralPath"), session.world.state());
    if path.eq_ignore_ascii_case("IIS:\\AppPools") {
        if !session.loaded.contains("WebAdministration") {
            let text = "Cannot find drive. A drive with the name 'IIS' does not exist.";
            return report(text, "DriveNotFound", "DriveNotFoundException");
        }
        let entry = |pool: &Json| {
            let model = vec![
                ("identityType", Value::text(word(pool, "identityType"))),
                ("userName", Value::text(word(pool, "userName"))),
            ];
            let properties = vec![
                ("Name", Value::text(word(pool, "name"))),
                ("State", Value::text(word(pool, "state"))),
                ("processModel", Object::of("ConfigurationElement", "", model)),
            ];
            Object::of("ConfigurationElement", word(pool, "name"), properties)
        };
        return Ok(items(&state, "pools").iter().map(entry).collect());
    }
    match at_path(&state["shares"], &path) {
        None => absent(&path),
        Some(_) if state["session"]["networkIdentity"] != json!(true) => report(
            &format!("Access to the path '{path}' is denied."),
            "DirUnauthorizedAccessError",
            "UnauthorizedAccessException",
        ),
        Some(names) => {
            let entry = |name: &Json| Object::of("DirectoryInfo", name.as_str().unwrap_or_default(), Vec::new());
            Ok(names.as_array().map_or(&[][..], Vec::as_slice).iter().map(entry).collect())
        }
    }
}

pub(super) fn instances(session: &mut Session<'_>, bound: &Bound) -> Output {
    let state = session.world.state();
    let namespace = bound.parameter("Namespace").map_or_else(|| "root\\cimv2".to_owned(), |name| name.words());
    let number = |json: &Json, key: &str| Value::Number(json[key].as_i64().unwrap_or(0));
    let text = |json: &Json, key: &str| Value::text(word(json, key));
    let found: Vec<Value> = match (namespace.to_lowercase().as_str(), bound.text("ClassName").as_str()) {
        ("root\\cimv2", "Win32_Service") => {
            let entry = |json: &Json| {
                let properties = vec![
                    ("Name", text(json, "name")),
                    ("DisplayName", text(json, "displayName")),
                    ("State", text(json, "state")),
                    ("StartMode", text(json, "startMode")),
                    ("StartName", text(json, "startName")),
                    ("ProcessId", number(json, "processId")),
                ];
                Object::of("CimInstance", "Win32_Service", properties)
            };
            items(&state, "services").iter().map(entry).collect()
        }
        ("root\\cimv2", "Win32_Process") => {
            let entry = |json: &Json| {
                let properties = vec![
                    ("Name", text(json, "name")),
                    ("ProcessId", number(json, "id")),
                    ("CommandLine", text(json, "commandLine")),
                    ("CreationDate", local(session.world, word(json, "started"))),
                ];
                Object::of("CimInstance", "Win32_Process", properties)
            };
            items(&state, "processes").iter().map(entry).collect()
        }
        ("root\\cimv2", "Win32_LogicalDisk") if !state["disks"].is_null() => {
            let entry = |json: &Json| {
                let properties = vec![
                    ("DeviceID", text(json, "name")),
                    ("DriveType", number(json, "type")),
                    ("FreeSpace", Value::from_json(&json["free"])),
                ];
                Object::of("CimInstance", "Win32_LogicalDisk", properties)
            };
            items(&state, "disks").iter().map(entry).collect()
        }
        ("root\\cimv2", "Win32_NTEventlogFile") => {
            let entry = |json: &Json| {
                let name = vec![("LogfileName", Value::text(json.as_str().unwrap_or_default()))];
                Object::of("CimInstance", "Win32_NTEventlogFile", name)
            };
            items(&state, "logs").iter().map(entry).collect()
        }
        ("root\\cimv2", "Win32_NTLogEvent") => {
            let entry = |json: &Json| {
                let properties = vec![
                    ("Logfile", Value::text("Application")),
                    ("SourceName", text(json, "source")),
                    ("EventCode", number(json, "code")),
                    ("EventType", number(json, "type")),
                    ("TimeGenerated", local(session.world, word(json, "at"))),
                    ("Message", text(json, "message")),
                ];
                Object::of("CimInstance", "Win32_NTLogEvent", properties)
            };
            items(&state, "events").iter().map(entry).collect()
        }
        ("root\\cimv2", "Win32_ComputerSystem") => {
            let domain = vec![
                ("PartOfDomain", Value::Bool(state["domain"].is_string())),
                ("Domain", Value::text(state["domain"].as_str().unwrap_or("WORKGROUP"))),
            ];
            vec![Object::of("CimInstance", "Win32_ComputerSystem", domain)]
        }
        ("root\\microsoft\\windows\\deviceguard", "Win32_DeviceGuard") if !state["codeIntegrity"].is_null() => {
            let status = Value::from_json(&state["codeIntegrity"]);
            let name = "UsermodeCodeIntegrityPolicyEnforcementStatus";
            vec![Object::of("CimInstance", "Win32_DeviceGuard", vec![(name, status)])]
        }
        _ => return report("Invalid class", "HRESULT 0x80041010", "CimException"),
    };
    match bound.parameter("Filter") {
        None => Ok(found),
        Some(filter) => {
            let filter = filter.words();
            let kept = found.into_iter().map(|one| Ok((fits(&one, &filter)?, one)));
            let kept = kept.collect::<Run<Vec<_>>>()?;
            Ok(kept.into_iter().filter_map(|(fits, one)| fits.then_some(one)).collect())
        }
    }
}

/// The part of WQL that the scripts use: `Name LIKE "MSCRM%"` and `Name = "W3SVC"`, joined by `OR`; or `=` and `>=` with an instant,
/// joined by `AND`.
fn fits(instance: &Value, filter: &str) -> Run<bool> {
    let Value::Object(object) = instance else { return Ok(false) };
    let invalid = || Stop::Report(Failure::new("Invalid query", "HRESULT 0x80041017", "CimException"));
    if filter.contains(" AND ") {
        for condition in filter.split(" AND ") {
            let instant = condition.split_once(" >= ");
            if instant.is_none() && !fits(instance, condition)? {
                return Ok(false);
            }
            if let Some((name, wanted)) = instant {
                let Some(Value::Date(date)) = object.property(name) else { return Err(invalid()) };
                let at = date.at.strftime("%Y%m%d%H%M%S.000000+000").to_string();
                if at.as_str() < wanted.trim_matches('"') {
                    return Ok(false);
                }
            }
        }
        return Ok(true);
    }
    let mut any = false;
    for condition in filter.split(" OR ") {
        let mut words = condition.splitn(3, ' ');
        let (Some(name), Some(operator), Some(value)) = (words.next(), words.next(), words.next()) else {
            return Err(invalid());
        };
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).ok_or_else(invalid)?;
        let held = object.property(name).ok_or_else(invalid)?.words().to_lowercase();
        let value = value.to_lowercase();
        any |= match (operator, value.strip_suffix('%')) {
            ("=", None) => held == value,
            ("LIKE", Some(beginning)) => held.starts_with(beginning),
            _ => return Err(invalid()),
        };
    }
    Ok(any)
}

pub(super) fn restart_service(session: &mut Session<'_>, bound: &Bound) -> Output {
    let name = bound.text("Name");
    let forced = bound.parameter("Force").is_some();
    let state = session.world.state();
    let is_meant = |service: &Json| word(service, "name").eq_ignore_ascii_case(&name);
    let Some(service) = items(&state, "services").iter().find(|service| is_meant(service)) else {
        let text = format!("Cannot find any service with service name '{name}'.");
        return report(&text, "NoServiceFoundForGivenName", "ServiceCommandException");
    };
    if service["dependents"] == json!(true) && !forced {
        let text = format!("Cannot stop service '{name}' because it has dependent services.");
        return report(&text, "ServiceHasDependentServices", "ServiceCommandException");
    }
    session.world.with(|state| begin_anew(state, is_meant));
    Ok(Vec::new())
}

/// Gives services that run a new process.
fn begin_anew(state: &mut Json, is_meant: impl Fn(&Json) -> bool) {
    let now = tick(state);
    let mut old = Vec::new();
    for service in items_mut(state, "services").iter_mut().filter(|service| is_meant(service)) {
        let id = service["processId"].as_i64().unwrap_or(0);
        old.push(id);
        service["processId"] = json!(id + 1000);
    }
    for process in items_mut(state, "processes").iter_mut() {
        if old.contains(&process["id"].as_i64().unwrap_or(-1)) {
            process["id"] = json!(process["id"].as_i64().unwrap_or(0) + 1000);
            process["started"] = json!(now);
        }
    }
}

/// Gives the worker processes of a pool, or of all, a new start.
fn new_workers(state: &mut Json, pool: Option<&str>) {
    let now = tick(state);
    for process in items_mut(state, "processes").iter_mut().filter(|process| word(process, "name") == "w3wp.exe") {
        if pool.is_none_or(|pool| word(process, "commandLine").contains(&format!("-ap \"{pool}\""))) {
            process["id"] = json!(process["id"].as_i64().unwrap_or(0) + 1000);
            process["started"] = json!(now);
        }
    }
}

pub(super) fn recycle(session: &mut Session<'_>, bound: &Bound) -> Output {
    session.world.with(|state| new_workers(state, Some(&bound.text("Name"))));
    Ok(Vec::new())
}

/// `iisreset.exe`: it prints, and what it prints to standard error is an error where the preference says so.
pub(super) fn iisreset(session: &mut Session<'_>, bound: &Bound) -> Output {
    let words: Vec<String> = bound.positional.iter().map(Value::words).collect();
    session.world.note(json!({ "program": "iisreset.exe", "arguments": words }));
    struck(session, "iisreset.exe", |session| {
        let (lines, errors, code) = session.world.with(|state| {
            let known = words == ["/restart", "/timeout:60"];
            if known {
                new_workers(state, None);
                begin_anew(state, |service| word(service, "name") == "W3SVC");
            }
            let program = &state["iisreset"];
            let code = if known { program["exitCode"].as_i64().unwrap_or(0) } else { 87 };
            (items(program, "output").to_vec(), items(program, "errors").to_vec(), code)
        });
        let errors = errors
            .iter()
            .map(|line| Failure::new(line.as_str().unwrap_or_default(), "NativeCommandError", "RemoteException"));
        let printed = printed(session, bound, &lines, errors.collect())?;
        session.variables.insert("lastexitcode".to_owned(), Value::Number(code));
        Ok(printed)
    })
}

/// What a called file leaves: its lines, and its errors as the preference and the redirection say.
pub(super) fn printed(session: &mut Session<'_>, bound: &Bound, lines: &[Json], errors: Vec<Failure>) -> Output {
    let mut output: Vec<Value> = lines.iter().map(Value::from_json).collect();
    for failure in errors {
        if bound.merged && session.preference("erroractionpreference") == "Continue" {
            output.push(failure.record());
        } else {
            session.settle(&Bound::default(), Err(Stop::Report(failure)))?;
        }
    }
    Ok(output)
}
