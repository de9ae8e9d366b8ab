//! What nobody has said and this server does not show, asked of the person at the terminal. An empty answer leaves it open.

use super::found::Found;
use super::init::Request;
use crate::error::{Error, Kind, Result};
use crate::farm::description::{Address, Label, Name, Role};
use crate::ports::{Host, Stream};

/// How often an answer that cannot be used is asked for again.
const TRIES: usize = 3;

/// What an answer is to be.
#[derive(Clone, Copy)]
enum Form {
    Names,
    Host,
    Account,
}

/// Returns whether somebody is there who can be asked.
fn is_somebody_there(host: &Host) -> bool {
    [Stream::Stdin, Stream::Stderr].into_iter().all(|stream| host.terminal.is_terminal(stream))
}

/// Fills in what is open, where somebody is at the terminal.
///
/// # Errors
/// [`Kind::Usage`] when an answer cannot be used, again and again; [`Kind::Internal`] when the terminal fails.
pub(super) fn fill_in(host: &Host, request: &mut Request, found: &Found) -> Result<()> {
    if !is_somebody_there(host) {
        return Ok(());
    }
    let has = |role| found.servers.iter().any(|server| server.roles.contains(&role));
    let seen = found.servers.iter().find(|one| one.roles.contains(&Role::Web)).map(|one| one.name.to_string());
    if !has(Role::Web) {
        request.web = ask(host, "Web servers, apart by spaces (empty: an example)", Form::Names)?;
    }
    // Without other words the first web server does it all.
    let first = request.web.first().cloned().or(seen).unwrap_or_else(|| "the first web server".to_owned());
    if !has(Role::Async) {
        request.asynchronous =
            ask(host, &format!("Servers of the asynchronous service (empty: {first})"), Form::Names)?;
    }
    if !has(Role::DeploymentTools) {
        request.tools = ask(host, &format!("Servers with the deployment tools (empty: {first})"), Form::Names)?;
    }
    if !has(Role::Sharepoint) {
        request.sharepoint = ask(host, "SharePoint servers (empty: an example)", Form::Names)?;
    }
    if found.organizations.is_empty() {
        request.organizations = ask(host, "Unique names of the organizations (empty: an example)", Form::Names)?;
        if request.host.is_none() {
            request.host = ask(host, "Host under which they are reached (empty: an example)", Form::Host)?.pop();
        }
    }
    if found.accounts.is_empty() {
        request.account = ask(host, "Account of the services (empty: NETWORK SERVICE)", Form::Account)?.pop();
    }
    Ok(())
}

/// Asks for one thing until the answer can be used.
fn ask(host: &Host, question: &str, form: Form) -> Result<Vec<String>> {
    let mut wrong = String::new();
    for _ in 0..TRIES {
        let line = host.terminal.prompt_line(&format!("{wrong}{question}: ")).map_err(|error| {
            Error::new(Kind::Internal, "the terminal cannot be asked")
                .because(error)
                .hint("say it with options: s2scert farm init --help")
        })?;
        let Some(line) = line else { return Ok(Vec::new()) };
        let answer: Vec<String> = match form {
            Form::Names => line.split([' ', ',', '\t']).filter(|word| !word.is_empty()).map(str::to_owned).collect(),
            Form::Host | Form::Account => {
                Some(line.trim().to_owned()).filter(|word| !word.is_empty()).into_iter().collect()
            }
        };
        match answer.iter().find_map(|word| fault(word, form)) {
            None => return Ok(answer),
            Some(why) => wrong = format!("That cannot be: {why}.\n"),
        }
    }
    Err(Error::new(Kind::Usage, "the answers cannot be used").hint("say it with options: s2scert farm init --help"))
}

/// Says why a word cannot be what was asked for.
fn fault(word: &str, form: Form) -> Option<String> {
    let text = word.to_owned();
    match form {
        Form::Names => Name::try_from(text).err().map(|why| why.to_string()),
        Form::Host => Address::try_from(text).err().map(|why| why.to_string()),
        Form::Account => Label::try_from(text).err().map(|why| why.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use std::path::PathBuf;

    use super::*;
    use crate::fake_host::FakeHost;
    use crate::farm::description::Transport;

    /// What the command line is without options.
    fn request() -> Request {
        let none = Vec::new;
        Request {
            out: PathBuf::from("/srv/farm.toml"),
            force: false,
            name: "contoso".to_owned(),
            web: none(),
            asynchronous: none(),
            tools: none(),
            sharepoint: none(),
            organizations: none(),
            host: None,
            account: None,
            transport: Transport::Winrm,
            offline: false,
            ask: true,
        }
    }

    fn fake() -> FakeHost {
        FakeHost::new("2026-11-24T00:00:00Z".parse().unwrap(), 1)
    }

    fn filled(answers: &[&str], found: &Found) -> Result<Request> {
        let mut asked = request();
        fill_in(&fake().with_answers(answers).host(), &mut asked, found).map(|()| asked)
    }

    #[test]
    fn answers_become_what_options_would_have_said() {
        let answers =
            ["crm-web-1, crm-web-2", "crm-async-1", "", "sp-1 sp-2", "sales", "crm.contoso.com", "CONTOSO\\svc crm"];
        let asked = filled(&answers, &Found::default()).unwrap();
        assert_eq!(asked.web, ["crm-web-1", "crm-web-2"]);
        assert_eq!((asked.asynchronous.as_slice(), asked.tools.len()), (&["crm-async-1".to_owned()][..], 0));
        assert_eq!((asked.sharepoint.len(), asked.organizations.as_slice()), (2, &["sales".to_owned()][..]));
        assert_eq!(
            (asked.host.unwrap(), asked.account.unwrap()),
            ("crm.contoso.com".to_owned(), "CONTOSO\\svc crm".to_owned())
        );
    }

    #[test]
    fn what_was_seen_is_not_asked_for() {
        // The server shows all but nothing is left to ask: the first question would break off.
        let found = Found::of(&super::super::found::tests::told());
        let asked = filled(&[], &found).unwrap();
        assert!(asked.web.is_empty() && asked.account.is_none());
    }

    #[test]
    fn a_wrong_answer_is_asked_for_again_and_not_for_ever() {
        let answers = ["-oProxyCommand=x", "crm-web-1", "", "", "", "", "", ""];
        assert_eq!(filled(&answers, &Found::default()).unwrap().web, ["crm-web-1"]);
        let error = filled(&["a\"b", "a\"b", "a\"b", "crm-web-1"], &Found::default()).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage);
    }

    #[test]
    fn without_a_terminal_nobody_is_asked() {
        let mut asked = request();
        fill_in(&fake().host(), &mut asked, &Found::default()).unwrap();
        assert!(asked.web.is_empty() && asked.account.is_none());
    }
}
