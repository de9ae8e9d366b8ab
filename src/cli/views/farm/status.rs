//! The view of `farm status`: one block for each certificate, one line for each server.

use std::fmt::Write as _;

use super::super::{WIDTH, findings, wrapped};
use crate::app::farm::status::{CertificateStatus, FarmStatusReport, SpotStatus};
use crate::farm::truth::{Grade, PLACES, PlaceState};

/// The columns of the table: the server, then the places.
const FIRST: usize = 34;
/// The width of a place.
const COLUMN: usize = 16;

/// Renders the table, the findings and the gaps.
pub(crate) fn render(report: &FarmStatusReport) -> String {
    let mut text = String::new();
    let seen = report.servers.iter().filter(|server| server.collected_at.is_some()).count();
    let _ = writeln!(text, "{}: {seen} of {} servers seen, at {}", report.farm, report.servers.len(), report.at);
    ways(&mut text, report);
    if report.certificates.is_empty() {
        text.push_str("No certificate of this farm was seen.\n");
    }
    for certificate in &report.certificates {
        block(&mut text, certificate);
    }
    text.push('\n');
    findings::render(&mut text, "Findings", &report.findings);
    if report.gaps.is_empty() {
        text.push_str("Not seen: nothing is missing\n");
        return text;
    }
    let _ = writeln!(text, "Not seen: {}", report.gaps.len());
    for gap in &report.gaps {
        let topic = gap.topic.as_ref().map_or_else(String::new, |topic| format!(", {topic}"));
        wrapped(&mut text, "  ", WIDTH, &format!("{}{topic}: {}", gap.server, gap.why));
    }
    text
}

/// One line for each server that was asked: the way, the version, the network identity, the time.
fn ways(text: &mut String, report: &FarmStatusReport) {
    for server in &report.servers {
        let Some(reached) = &server.reached else { continue };
        let version = reached.version.as_deref().map_or_else(|| "not seen".to_owned(), |one| format!("s2scert {one}"));
        let identity = match reached.network_identity {
            Some(true) => "goes on to other servers",
            Some(false) => "cannot go on to other servers",
            None => "network identity not known",
        };
        let seconds = format!("{}.{} s", reached.took_ms / 1000, reached.took_ms % 1000 / 100);
        let _ = writeln!(text, "  {:<FIRST$}{:<8}{version:<16}{identity}, {seconds}", server.name, reached.way.word());
    }
}

/// Returns the word for a grade.
pub(super) fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Good => "in order",
        Grade::Underway => "under way",
        Grade::Wrong => "wrong",
        Grade::Unknown => "not known",
    }
}

/// Returns how long a certificate is still valid, in words.
pub(super) fn left(days: i64) -> String {
    match days {
        ..0 => format!("expired {} days ago", -days),
        0 => "expires today".to_owned(),
        1.. => format!("{days} days left"),
    }
}

fn block(text: &mut String, certificate: &CertificateStatus) {
    let mark = if certificate.registered { "  (the row names it)" } else { "" };
    let _ = writeln!(text, "\n{}{mark}", certificate.subject);
    let _ = writeln!(
        text,
        "  {}, until {}, {}",
        certificate.thumbprint,
        certificate.not_after,
        left(certificate.days_left)
    );
    let verdict = format!("{}: {} [{}]", grade(certificate.grade), certificate.meaning, word_of(certificate));
    wrapped(text, "  ", WIDTH, &verdict);
    let mut head = format!("  {:<FIRST$}", "");
    PLACES.iter().for_each(|place| head.push_str(&format!("{place:<COLUMN$}")));
    let _ = writeln!(text, "{}", head.trim_end());
    for (about, states) in rows(certificate) {
        line(text, &about, states);
    }
    let states = [certificate.store, certificate.row, certificate.metadata, certificate.trust];
    line(text, "together", states.map(|state| Some((state, state.word()))));
}

/// Returns the word for a spot: a certificate that is there without a usable key is not simply absent.
pub(super) fn word(spot: &SpotStatus) -> &'static str {
    if spot.there && spot.state == PlaceState::Absent { "key unusable" } else { spot.state.word() }
}

/// A state with its word.
type Word = Option<(PlaceState, &'static str)>;

fn word_of(certificate: &CertificateStatus) -> &'static str {
    certificate.verdict.id()
}

/// One line for each server or trust; of several organizations the worst state stands there.
fn rows(certificate: &CertificateStatus) -> Vec<(String, [Word; 4])> {
    let mut rows: Vec<(String, [Word; 4])> = Vec::new();
    for spot in &certificate.spots {
        let place = PLACES.iter().position(|place| *place == spot.place).unwrap_or_default();
        let at = rows.iter().position(|(about, _)| *about == spot.about).unwrap_or_else(|| {
            rows.push((spot.about.clone(), [None; 4]));
            rows.len() - 1
        });
        let cell = &mut rows[at].1[place];
        let next = (spot.state, word(spot));
        *cell = Some(cell.map_or(next, |other| if other.0 >= next.0 { other } else { next }));
    }
    rows
}

fn line(text: &mut String, about: &str, states: [Word; 4]) {
    let mut line = format!("  {about:<FIRST$}");
    if about.chars().count() >= FIRST {
        // A long name has a line of its own, so that the columns stay.
        let _ = writeln!(text, "  {about}");
        line = format!("  {:<FIRST$}", "");
    }
    for state in states {
        let word = state.map_or("-", |(_, word)| word);
        line.push_str(&format!("{word:<COLUMN$}"));
    }
    let _ = writeln!(text, "{}", line.trim_end());
}
