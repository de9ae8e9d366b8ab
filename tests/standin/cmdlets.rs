//! The stubbed cmdlets: which there are, what they take, and the general ones. Faults that a test orders strike here.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::interpret::{Failure, Run, Session, Stop};
use super::value::{Date, Object, Value, Zone};
use super::world::{World, instant, items, word};
use super::{crm, machine, operators, reconfiguration, remoting, sharepoint};

pub(crate) use super::sharepoint::running_jobs;

/// Parameters without a value.
pub(crate) const SWITCHES: &[&str] = &["Compress", "Force", "List", "ListAvailable", "Registered", "UseSSL"];

/// A command with the values of its words.
#[derive(Debug, Default)]
pub(crate) struct Bound {
    pub(crate) name: String,
    pub(crate) parameters: Vec<(String, Value)>,
    pub(crate) positional: Vec<Value>,
    pub(crate) input: Vec<Value>,
    pub(crate) merged: bool,
}

impl Bound {
    /// Returns the value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<Value> {
        self.parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    }

    /// Returns the text of a parameter, empty where it is missing.
    pub(crate) fn text(&self, name: &str) -> String {
        self.parameter(name).map_or_else(String::new, |value| value.words())
    }

    /// Refuses parameters that are not listed, and words without a parameter.
    fn only(&self, known: &[&str]) -> Run<()> {
        let strange = self.parameters.iter().find(|(key, _)| !known.iter().any(|name| name.eq_ignore_ascii_case(key)));
        match (strange, self.positional.first()) {
            (Some((key, _)), _) => Err(Stop::Outside(format!("outside the subset: {} has no -{key}", self.name))),
            (None, Some(word)) => Err(Stop::Outside(format!("outside the subset: {} {}", self.name, word.words()))),
            (None, None) => Ok(()),
        }
    }

    fn as_json(&self) -> Json {
        self.parameters.iter().map(|(key, value)| (key.clone(), json!(value.words()))).collect()
    }
}

type Cmdlet = fn(&mut Session<'_>, &Bound) -> Run<Vec<Value>>;

/// A cmdlet: its name, what must be loaded for it, its parameters, what it does.
const CMDLETS: &[(&str, &str, &[&str], Cmdlet)] = &[
    ("Add-PSSnapin", "", &["Name"], machine::add_snapin),
    ("Copy-Item", "", &["LiteralPath", "Destination", "ToSession", "Force"], remoting::copy),
    ("Disable-SPTimerJob", "SharePoint", &["Identity"], sharepoint::disable),
    ("Enable-SPTimerJob", "SharePoint", &["Identity"], sharepoint::enable),
    ("Get-AuthenticodeSignature", "", &["LiteralPath"], machine::signature),
    ("Get-ChildItem", "", &["LiteralPath", "ErrorAction"], machine::children),
    ("Get-CimInstance", "", &["ClassName", "Filter", "Namespace", "ErrorAction"], machine::instances),
    ("Get-CrmCertificate", "Microsoft.Crm.PowerShell", &[], crm::certificates),
    ("Get-CrmServer", "Microsoft.Crm.PowerShell", &[], crm::servers),
    ("Get-CrmSetting", "Microsoft.Crm.PowerShell", &["SettingType"], crm::settings),
    ("Get-ExecutionPolicy", "", &["List"], machine::policies),
    ("Get-FileHash", "", &["LiteralPath", "Algorithm"], machine::hash),
    ("Get-ItemProperty", "", &["LiteralPath", "ErrorAction"], machine::registry),
    ("Get-Module", "", &["ListAvailable", "Name"], machine::modules),
    ("Get-PSSnapin", "", &["Registered", "ErrorAction"], machine::snapins),
    ("Get-SPAuthenticationRealm", "SharePoint", &[], sharepoint::realm),
    ("Get-SPFarm", "SharePoint", &[], sharepoint::farm),
    ("Get-SPServer", "SharePoint", &[], sharepoint::servers),
    ("Get-SPServiceApplication", "SharePoint", &["ErrorAction"], sharepoint::service_applications),
    ("Get-SPServiceApplicationProxy", "SharePoint", &["ErrorAction"], sharepoint::proxies),
    ("Get-SPTimerJob", "SharePoint", &[], sharepoint::jobs),
    ("Get-SPTrustedRootAuthority", "SharePoint", &[], sharepoint::roots),
    ("Get-SPTrustedSecurityTokenIssuer", "SharePoint", &[], sharepoint::issuers),
    ("Import-Module", "", &["Name"], machine::import),
    ("Invoke-Command", "", &["Session", "ScriptBlock", "ArgumentList"], remoting::invoke),
    ("Join-Path", "", &["Path", "ChildPath"], machine::join),
    ("Move-Item", "", &["LiteralPath", "Destination", "Force"], remoting::rename),
    ("New-Item", "", &["ItemType", "Path", "Force"], remoting::make),
    ("New-PSSession", "", &["ComputerName", "Authentication", "Port", "UseSSL"], remoting::open),
    ("Remove-CrmCertificate", "Microsoft.Crm.PowerShell", &["Id", "Confirm"], crm::remove),
    ("Remove-PSSession", "", &["Session", "ErrorAction"], remoting::close),
    ("Restart-Service", "", &["Name", "Force"], machine::restart_service),
    ("Restart-WebAppPool", "WebAdministration", &["Name"], machine::recycle),
    (
        "Set-CrmCertificate",
        "Microsoft.Crm.PowerShell",
        &["CertificateType", "StoreName", "StoreLocation", "StoreFindType", "DataFile", "Name"],
        crm::set,
    ),
    ("Set-Location", "", &["LiteralPath"], machine::set_location),
    ("Split-Path", "", &["Path"], machine::split),
    ("Start-SPTimerJob", "SharePoint", &["Identity"], sharepoint::start),
    ("Test-Path", "", &["LiteralPath", "PathType"], machine::test),
];

/// Runs a cmdlet by its name.
pub(crate) fn named(session: &mut Session<'_>, bound: &Bound) -> Run<Vec<Value>> {
    match bound.name.as_str() {
        "Where-Object" | "ForEach-Object" => return over_each(session, bound),
        "Select-Object" => return select(bound),
        "Write-Output" => {
            bound.only(&["InputObject"])?;
            return Ok(bound.parameter("InputObject").unwrap_or(Value::Nothing).listed());
        }
        "ConvertFrom-Json" => {
            bound.only(&[])?;
            return from_json(bound);
        }
        "ConvertTo-Json" => {
            bound.only(&["InputObject", "Depth", "Compress"])?;
            let (Some(value), Some(Value::Number(depth))) = (bound.parameter("InputObject"), bound.parameter("Depth"))
            else {
                return Err(Stop::Outside("outside the subset: ConvertTo-Json without its parameters".to_owned()));
            };
            return Ok(vec![Value::Text(operators::to_json(&value, depth)?)]);
        }
        _ => {}
    }
    let Some((name, needs, parameters, act)) = CMDLETS.iter().find(|known| known.0 == bound.name) else {
        return Err(Stop::Outside(format!("outside the subset: the command {}", bound.name)));
    };
    bound.only(parameters)?;
    if !needs.is_empty() && !session.loaded.contains(*needs) {
        let text = format!("The term '{name}' is not recognized as the name of a cmdlet.");
        return Err(Stop::Throw(Failure::new(&text, "CommandNotFoundException", "CommandNotFoundException")));
    }
    session.world.note(json!({ "cmdlet": name, "parameters": bound.as_json() }));
    struck(session, name, |session| act(session, bound))
}

/// Does something under the faults that are ordered for it.
pub(crate) fn struck<T>(session: &mut Session<'_>, name: &str, act: impl FnOnce(&mut Session<'_>) -> Run<T>) -> Run<T> {
    let Some(fault) = session.world.fault(name) else { return act(session) };
    let failure = || Failure {
        inner: fault["inner"].as_str().map(str::to_owned),
        hresult: fault["hresult"].as_i64().unwrap_or(-2_146_233_088),
        ..Failure::new(word(&fault, "message"), word(&fault, "id"), word(&fault, "reason"))
    };
    match word(&fault, "kind") {
        "throw" => Err(Stop::Throw(failure())),
        "report" => Err(Stop::Report(failure())),
        "throw-after" => act(session).and_then(|_| Err(Stop::Throw(failure()))),
        "die" => Err(Stop::Die),
        "die-after" => act(session).and_then(|_| Err(Stop::Die)),
        "hang" => loop {
            std::thread::sleep(Duration::from_secs(1));
        },
        "gate" => {
            while session.world.state()["gate"] != json!("open") {
                std::thread::sleep(Duration::from_millis(20));
            }
            act(session)
        }
        "warn" => {
            // A host without a console writes warnings to standard output.
            if session.preference("warningpreference") == "Continue" {
                session.stdout.push(format!("WARNING: {}", word(&fault, "message")));
            }
            act(session)
        }
        other => Err(Stop::Outside(format!("no such fault: {other}"))),
    }
}

/// Calls what stands at a path: Microsoft's script, or a program.
pub(crate) fn path(session: &mut Session<'_>, path: &str, bound: &Bound) -> Run<Vec<Value>> {
    if path.to_lowercase().ends_with("\\certificatereconfiguration.ps1") {
        reconfiguration::run(session, path, bound)
    } else if path.to_lowercase().ends_with("\\iisreset.exe") {
        machine::iisreset(session, bound)
    } else if path.to_lowercase().ends_with("\\s2scert.exe") {
        remoting::program(session, path, bound)
    } else {
        let text = format!("The term '{path}' is not recognized as the name of a script file or operable program.");
        Err(Stop::Throw(Failure::new(&text, "CommandNotFoundException", "CommandNotFoundException")))
    }
}

fn over_each(session: &mut Session<'_>, bound: &Bound) -> Run<Vec<Value>> {
    let (true, [Value::Block(block)]) = (bound.parameters.is_empty(), bound.positional.as_slice()) else {
        return Err(Stop::Outside(format!("outside the subset: {} without its block", bound.name)));
    };
    let mut output = Vec::new();
    for item in &bound.input {
        let made = session.call_block(block, Some(item.clone()), Vec::new())?;
        if bound.name == "ForEach-Object" {
            output.extend(made);
        } else if Value::collected(made).truth() {
            output.push(item.clone());
        }
    }
    Ok(output)
}

fn select(bound: &Bound) -> Run<Vec<Value>> {
    bound.only(&["First"])?;
    match bound.parameter("First") {
        Some(Value::Number(first)) => {
            Ok(bound.input.iter().take(usize::try_from(first).unwrap_or(0)).cloned().collect())
        }
        _ => Err(Stop::Outside("outside the subset: Select-Object without -First".to_owned())),
    }
}

fn from_json(bound: &Bound) -> Run<Vec<Value>> {
    let text = bound.input.iter().map(Value::words).collect::<Vec<_>>().join("\n");
    if !text.is_ascii() {
        return Err(Stop::Outside("standard input holds more than ASCII".to_owned()));
    }
    match serde_json::from_str(&text) {
        Ok(json) => Ok(vec![Value::from_json(&json)]),
        Err(_) => {
            Err(Stop::Throw(Failure::new("Invalid JSON primitive: .", "System.ArgumentException", "ArgumentException")))
        }
    }
}

/// Returns an error of a session that has no credentials for another server.
pub(crate) fn second_hop(session: &Session<'_>) -> Run<()> {
    if session.world.state()["session"]["networkIdentity"] == json!(true) {
        return Ok(());
    }
    let text = "Login failed for user 'NT AUTHORITY\\ANONYMOUS LOGON'.";
    Err(Stop::Report(Failure::new(text, "SqlException", "SqlException")))
}

/// Returns the language mode of the session.
pub(crate) fn language_mode(world: &World) -> String {
    world.with(|state| word(&state["session"], "languageMode").to_owned())
}

/// Returns the minutes that the server's clock is east of Greenwich.
pub(crate) fn offset(world: &World) -> i64 {
    world.with(|state| state["offset"].as_i64().unwrap_or(0))
}

/// Makes a date in the server's own time.
pub(crate) fn local(world: &World, text: &str) -> Value {
    Value::Date(Date { at: instant(text), offset: offset(world), kind: Zone::Local })
}

/// Returns a property of a type.
pub(crate) fn static_property(world: &World, kind: &str, name: &str) -> Option<Value> {
    match (kind, name) {
        ("Environment", "Is64BitProcess") => Some(Value::Bool(true)),
        ("Environment", "SystemDirectory") => Some(world.with(|state| Value::text(word(state, "systemDirectory")))),
        _ => None,
    }
}

/// Calls a method of a type.
pub(crate) fn static_method(world: &World, kind: &str, name: &str, arguments: &[Value]) -> Run<Value> {
    match (kind, name, arguments) {
        ("Environment", "GetFolderPath", [Value::Text(folder)]) if folder == "ProgramFiles" => {
            Ok(world.with(|state| Value::text(word(state, "programFiles"))))
        }
        ("Environment", "GetFolderPath", _) => {
            let text = "Cannot convert value to type \"System.Environment+SpecialFolder\".";
            Err(Stop::Throw(Failure::new(text, "MethodArgumentConversionInvalidCastArgument", "MethodException")))
        }
        ("Convert", "ToBase64String", [Value::Bytes(bytes)]) => {
            Ok(Value::Text(base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)))
        }
        ("System.Security.Principal.WindowsIdentity", "GetCurrent", []) => Ok(world.with(|state| {
            let who = &state["session"];
            Object::of(
                "WindowsIdentity",
                "System.Security.Principal.WindowsIdentity",
                vec![
                    ("Name", Value::text(word(who, "identity"))),
                    ("AuthenticationType", Value::text(word(who, "authentication"))),
                    ("ImpersonationLevel", Value::Enum(word(who, "impersonation").to_owned(), 3)),
                ],
            )
        })),
        _ => Err(Stop::Outside(format!("outside the subset: [{kind}]::{name}"))),
    }
}

/// Returns the variables that a session begins with.
pub(crate) fn variables(world: &World, stdin: &str) -> Vec<(&'static str, Value)> {
    let state = world.state();
    let version = Object::of("Version", word(&state["session"], "version"), Vec::new());
    let table = Object::of("Hashtable", "", vec![("PSVersion", version), ("PSEdition", Value::text("Desktop"))]);
    let mode = Value::Enum(language_mode(world), 0);
    let inner = Object::of("SessionState", "SessionState", vec![("LanguageMode", mode)]);
    let lines = stdin.lines().map(Value::text).collect();
    vec![
        ("input", Value::Array(lines)),
        ("psversiontable", table),
        ("executioncontext", Object::of("EngineIntrinsics", "", vec![("SessionState", inner)])),
    ]
}

/// Returns whether a list of the state names something.
pub(crate) fn lists(state: &Json, list: &str, name: &str) -> bool {
    items(state, list).iter().any(|one| one.as_str().is_some_and(|one| one.eq_ignore_ascii_case(name)))
}
