//! HTTPS servers of a machine in memory: pages that a test puts there, by the address that is connected to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use s2scert::ports::{Web, WebAnswer, WebError, WebFault, WebRequest};

use super::FakeHost;

/// The servers, and what was asked of them. Clones share one state.
#[derive(Clone, Default)]
pub(crate) struct FakeWeb(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    answers: BTreeMap<(String, String), Result<WebAnswer, WebError>>,
    certificates: BTreeMap<String, Vec<Vec<u8>>>,
    asked: Vec<WebRequest>,
}

impl FakeHost {
    /// Puts a page on a server. `at` is `host:port` where the request names what to connect to, else empty.
    pub(crate) fn with_page(self, at: &str, url: &str, answer: Result<WebAnswer, WebError>) -> Self {
        self.web.pages().answers.insert((at.to_owned(), url.to_owned()), answer);
        self
    }

    /// Lets a server, `host:port`, show certificates.
    pub(crate) fn with_server_certificates(self, at: &str, certificates: Vec<Vec<u8>>) -> Self {
        self.web.pages().certificates.insert(at.to_owned(), certificates);
        self
    }

    /// Returns what was asked of servers, in order.
    pub(crate) fn web_requests(&self) -> Vec<WebRequest> {
        self.web.pages().asked.clone()
    }
}

/// A page with a body.
pub(crate) fn page(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> WebAnswer {
    WebAnswer {
        status,
        content_type: Some(content_type.to_owned()),
        location: None,
        body: body.into(),
        date: None,
        diagnostics: None,
    }
}

impl FakeWeb {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Web for FakeWeb {
    fn exchange(&self, request: &WebRequest) -> Result<WebAnswer, WebError> {
        let at = request.connect_to.as_ref().map(|(host, port)| format!("{host}:{port}")).unwrap_or_default();
        let mut pages = self.pages();
        pages.asked.push(request.clone());
        let answer = pages.answers.get(&(at.clone(), request.url.clone())).cloned();
        let answer = answer.unwrap_or_else(|| Err(nobody(&at)))?;
        if answer.body.len() as u64 > request.most {
            let why = format!("the answer is longer than {} octets", request.most);
            return Err(WebError { fault: WebFault::TooLarge, why });
        }
        Ok(answer)
    }

    fn certificates(&self, host: &str, port: u16, _: Duration) -> Result<Vec<Vec<u8>>, WebError> {
        let at = format!("{host}:{port}");
        self.pages().certificates.get(&at).cloned().ok_or_else(|| nobody(&at))
    }
}

fn nobody(at: &str) -> WebError {
    WebError { fault: WebFault::Unreachable, why: format!("nothing answers at {at}") }
}
