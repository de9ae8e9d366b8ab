//! Everything that can go wrong between a request and its result, each as an error of its own.

use s2scert::cert::Password;
use s2scert::error::{Error, ExitCode};
use s2scert::node::powershell as ps;
use s2scert::ports::CommandError;
use serde_json::{Value as Json, json};

use super::conform::{Fixed, InProcess, contoso};
use crate::standin::World;

fn restart(name: &str) -> ps::RestartService {
    ps::RestartService { name: name.to_owned() }
}

/// Restarts a service in a world with faults.
fn restarted(faults: Json) -> Result<ps::States, ps::CallError> {
    let mut state = contoso();
    state["faults"] = faults;
    let world = World::of(state);
    ps::call(&InProcess { world: &world, text: None }, &Fixed, &restart("MSCRMAsyncService"))
}

/// Whether a fault is the one that is expected.
type Test = Box<dyn Fn(&ps::CallFault) -> bool>;

#[test]
fn every_spoilt_answer_is_an_error_of_its_own() {
    use ps::{AnswerError as A, CallFault as C};
    let noise = |lines, first: &str| A::Noise { lines, first: first.to_owned() };
    let said = |message: &str| A::Instead { message: message.to_owned() };
    let cases: Vec<(Json, Test)> = vec![
        (json!({ "kind": "instead", "text": "" }), Box::new(|f| matches!(f, C::Answer(A::Missing)))),
        (
            json!({ "kind": "instead", "text": "Zugriff verweigert: M\u{fc}ller" }),
            Box::new(move |f| matches!(f, C::Answer(e) if *e == said("Zugriff verweigert: M\u{fc}ller"))),
        ),
        (
            json!({ "kind": "clixml", "text": "Der Schl_x00FC_ssel", "code": 1 }),
            Box::new(|f| matches!(f, C::Answer(A::Instead { message }) if message == "Der Schl\u{fc}ssel")),
        ),
        (
            json!({ "kind": "before", "text": "Willkommen bei Contoso" }),
            Box::new(move |f| matches!(f, C::Answer(e) if *e == noise(1, "Willkommen bei Contoso"))),
        ),
        (json!({ "kind": "doubled" }), Box::new(|f| matches!(f, C::Answer(A::Doubled)))),
        (json!({ "kind": "truncated" }), Box::new(|f| matches!(f, C::Answer(A::Truncated)))),
        (json!({ "kind": "spoilt" }), Box::new(|f| matches!(f, C::Answer(A::Junk { .. })))),
        (
            json!({ "kind": "oversize" }),
            Box::new(|f| matches!(f, C::Process(CommandError::TooMuchOutput { limit: ps::LIMIT_OF_ANSWER, .. }))),
        ),
        (json!({ "kind": "code", "code": 5 }), Box::new(|f| matches!(f, C::ExitCode { code: Some(5) }))),
    ];
    for (mut order, fits) in cases {
        order["on"] = json!("output");
        let error = restarted(json!([order])).unwrap_err();
        assert!(fits(&error.fault), "{order}: {error:?}");
        assert!(!error.nothing_done(), "{order}: the service was restarted");
        let told = Error::from(error);
        assert_eq!(told.place(), Some("script RestartService in powershell.exe"), "{order}");
        assert!(told.hints().iter().any(|hint| hint.contains("look at the server")), "{order}: {told:?}");
    }
}

#[test]
fn a_process_that_dies_after_its_effect_leaves_the_effect_and_no_answer() {
    for (kind, started) in [("die", "2026-11-01T03:00:01Z"), ("die-after", "2026-11-02T08:00:01Z")] {
        let mut state = contoso();
        state["faults"] = json!([{ "on": "Restart-Service", "kind": kind }]);
        let world = World::of(state);
        let powershell = InProcess { world: &world, text: None };
        let error = ps::call(&powershell, &Fixed, &restart("MSCRMAsyncService")).unwrap_err();
        assert!(matches!(error.fault, ps::CallFault::Silent { code: Some(1) }), "{error:?}");
        assert_eq!(world.state()["processes"][1]["started"], started);
        // The next attempt looks first, and finds out.
        let services = ps::call(&powershell, &Fixed, &ps::GetServices).unwrap();
        assert_eq!(services.processes[0].started, started.replace('Z', ".0000000Z"));
    }
}

#[test]
fn a_warning_is_kept_out_of_the_answer() {
    let mut state = contoso();
    state["faults"] = json!([{ "on": "Get-SPFarm", "kind": "warn", "message": "the farm is old" }]);
    let world = World::of(state);
    ps::call(&InProcess { world: &world, text: None }, &Fixed, &ps::GetMetadataJob).unwrap();
}

#[test]
fn texts_that_mislead_come_with_their_true_cause() {
    let cases = [
        ("Private key not found", "two certificates with one subject"),
        ("Keyset does not exist", "may not read the private key"),
        ("Invalid provider type specified.", "the private key is in CNG"),
        ("The remote server returned an error: (400) Bad Request.", "restart IIS"),
    ];
    for (text, meaning) in cases {
        let fault = json!([{ "on": "Restart-Service", "kind": "throw", "message": "Ausnahme", "inner": text }]);
        let told = Error::from(restarted(fault).unwrap_err());
        let hints = told.hints().join("\n");
        assert!(hints.contains(meaning), "{text}: {hints}");
    }
    let code = i64::from(0x8007_0056_u32 as i32);
    let fault = json!([{ "on": "Restart-Service", "kind": "throw", "message": "Fehler", "hresult": code }]);
    assert!(Error::from(restarted(fault).unwrap_err()).hints()[0].contains("Windows Server 2016"));
}

#[test]
fn what_is_refused_says_so_and_what_to_do() {
    let told = |state: &dyn Fn(&mut Json)| {
        let mut json = contoso();
        state(&mut json);
        let world = World::of(json);
        Error::from(ps::call(&InProcess { world: &world, text: None }, &Fixed, &ps::GetCrmCertificate).unwrap_err())
    };
    let constrained = told(&|state| state["session"]["languageMode"] = json!("ConstrainedLanguage"));
    assert_eq!(constrained.kind().exit_code(), ExitCode::Refused);
    assert!(constrained.hints()[0].contains("AppLocker"));
    let hop = told(&|state| state["session"]["networkIdentity"] = json!(false));
    assert!(hop.hints()[0].contains("second hop is refused"), "{hop:?}");
    let absent = told(&|state| state["snapins"] = json!([]));
    assert_eq!(absent.kind().exit_code(), ExitCode::Refused);
    assert!(absent.what().contains("Microsoft.Crm.PowerShell"));
}

/// Texts that would do harm in a command line, a script, a code page or a JSON reader.
fn hostile() -> Vec<String> {
    let seeds = [
        "'",
        "\"",
        "\u{2018}",
        "\u{2019}",
        "\u{201a}",
        "\u{201b}",
        "\u{201c}",
        "\u{201d}",
        "\u{201e}",
        "`",
        "$()",
        "$(exit 3)",
        "${x}",
        "$env:PATH",
        "\\",
        "\\\\",
        "\\u0041",
        "\\/Date(1)\\/",
        "/",
        "{",
        "}",
        "@x",
        "@{",
        "#",
        "<#",
        "|",
        "&",
        ";",
        "%x%",
        "\u{fe0f}",
        "\u{1f511}",
        "\u{10ffff}",
        "\u{feff}",
        "\u{2028}",
        "\u{202e}",
        "\u{e000}",
        "\u{df}",
        "\u{130}",
        "\n",
        "\r\n",
        "\0",
        "\t",
        "\u{1b}",
        "\u{85}",
        "s2scert-begin-",
        "--%",
        "-Command",
        " ",
        "null",
        "{0}",
    ];
    let pairs = seeds.iter().flat_map(|one| seeds.iter().map(move |other| format!("{one}contoso{other}")));
    let long = ["\u{2019}$(\u{1f511})".repeat(64 * 1024 / 10), "x".repeat(64 * 1024)];
    pairs.chain(long).collect()
}

#[test]
fn over_five_hundred_hostile_texts_reach_the_cmdlet_unchanged_or_are_refused_before_the_start() {
    let texts = hostile();
    assert!(texts.len() > 500);
    let (mut arrived, mut refused) = (0, 0);
    for text in &texts {
        let mut state = contoso();
        state["pools"][0]["name"] = json!(text);
        let world = World::of(state);
        let request = ps::RecycleAppPool { name: text.clone() };
        match ps::call(&InProcess { world: &world, text: None }, &Fixed, &request) {
            Ok(states) => {
                assert_eq!(states.states, ["Started"]);
                let record = world.record();
                let call = record.iter().find(|entry| entry["cmdlet"] == "Restart-WebAppPool").unwrap();
                assert_eq!(call["parameters"]["Name"], **text);
                arrived += 1;
            }
            Err(error) => {
                let fault = &error.fault;
                assert!(matches!(fault, ps::CallFault::Input(ps::InputError::Control { .. })), "{text:?}: {error:?}");
                assert!(text.chars().any(char::is_control) && world.record().is_empty(), "{text:?}");
                refused += 1;
            }
        }
    }
    assert!(arrived > 500 && refused > 500, "{arrived} {refused}");
}

#[test]
fn half_of_a_surrogate_pair_is_refused_by_the_reader_of_requests() {
    // A text of Rust cannot hold one; it could only come in through JSON.
    for text in [r#""\ud800""#, r#""\udc00\ud800""#, r#""a\udfffb""#] {
        assert!(serde_json::from_str::<String>(text).is_err(), "{text}");
    }
}

#[test]
fn a_password_that_a_person_chose_is_no_one_use_password() {
    for text in ["hunter2", "correct horse battery staple", "0123456789abcdefghijk'"] {
        assert!(ps::OneUsePassword::received(Password::new(text.to_owned())).is_err());
    }
}

#[test]
fn without_a_session_that_goes_on_the_script_installs_and_the_row_stays() {
    use ps::{Call as _, Needs};
    for (update_crm, needs) in [(false, Needs::Local), (true, Needs::NetworkIdentity)] {
        let mut state = contoso();
        state["session"]["networkIdentity"] = json!(false);
        let world = World::of(state);
        let request = ps::CertificateReconfiguration {
            sha256: "A1B2".to_owned(),
            certificate_file: "C:\\s2scert\\s2s.pfx".to_owned(),
            password: ps::OneUsePassword::received(Password::new("0123456789abcdefghjkmnpqrs".to_owned())).unwrap(),
            certificate_type: ps::CertificateType::S2sTokenIssuer,
            service_account: "Network Service".to_owned(),
            store_find_type: None,
            update_crm,
        };
        assert_eq!(request.needs(), needs);
        let ended = ps::call(&InProcess { world: &world, text: None }, &Fixed, &request);
        assert_eq!(ended.is_ok(), !update_crm);
        assert!(ended.err().is_none_or(|error| !error.nothing_done()));
        let state = world.state();
        assert_eq!(state["my"][1]["readers"], json!(["Network Service"]));
        assert_eq!(state["crm"]["rows"][0]["data"], "T0xE");
    }
}
