//! The report as one HTML file: no script, nothing loaded from elsewhere, light and dark, read by keyboard and screen reader.
//!
//! Everything that came from a server goes through [`escaped`]. Words say what colours show.

mod style;
mod timeline;

use std::fmt::Write as _;
use std::time::Duration;

use super::status::{grade, left, word};
use crate::app::farm::observe::Reached;
use crate::app::farm::status::{CertificateStatus, FarmStatusReport, SpotStatus};
use crate::cli::output::clean;
use crate::farm::truth::{Grade, PLACES, PlaceState};
use crate::policy::{Finding, Severity};

/// Renders the whole page.
pub(crate) fn render(report: &FarmStatusReport) -> String {
    let mut page = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut page, report);
    page
}

/// Makes text safe between tags and in attributes; what could act on a reader is shown as a number.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for character in clean(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

fn write(page: &mut String, report: &FarmStatusReport) -> std::fmt::Result {
    let farm = escaped(&report.farm);
    write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>Farm {farm}: certificates</title>\n\
         <style>\n{}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n",
        style::CSS
    )?;
    writeln!(
        page,
        "<header>\n<h1>Farm {farm}</h1>\n<p>The S2S certificate in its four places, as seen at <time datetime=\"{0}\">{1}</time>.</p>",
        report.at,
        minute(report.at)
    )?;
    summary(page, report)?;
    page.push_str("<nav aria-label=\"Contents\"><ul>\n");
    for (id, words) in SECTIONS {
        writeln!(page, "<li><a href=\"#{id}\">{words}</a></li>")?;
    }
    page.push_str("</ul></nav>\n</header>\n<main id=\"main\" tabindex=\"-1\">\n");
    findings(page, &report.findings)?;
    certificates(page, report)?;
    heading(page, SECTIONS[2])?;
    timeline::draw(page, report)?;
    page.push_str("</section>\n");
    servers(page, report)?;
    gaps(page, report)?;
    writeln!(
        page,
        "</main>\n<footer><p>Written by s2scert {}. What was not seen is a gap, never an absence.</p></footer>\n</body>\n</html>",
        env!("CARGO_PKG_VERSION")
    )
}

const SECTIONS: [(&str, &str); 5] = [
    ("findings", "Findings"),
    ("certificates", "Certificates"),
    ("expiry", "Expiry"),
    ("servers", "Servers"),
    ("gaps", "Not seen"),
];

fn heading(page: &mut String, (id, words): (&str, &str)) -> std::fmt::Result {
    writeln!(page, "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{words}</h2>")
}

fn summary(page: &mut String, report: &FarmStatusReport) -> std::fmt::Result {
    let count = |severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
    let seen = report.servers.iter().filter(|server| server.collected_at.is_some()).count();
    let registered = report.certificates.iter().find(|one| one.registered);
    let in_force = registered.map_or_else(|| "not known".to_owned(), |one| left(one.days_left));
    let facts = [
        ("Errors", count(Severity::Error).to_string()),
        ("Warnings", count(Severity::Warning).to_string()),
        ("Servers seen", format!("{seen} of {}", report.servers.len())),
        ("Gaps", report.gaps.len().to_string()),
        ("Certificate in the row", in_force),
    ];
    page.push_str("<dl class=\"summary\">\n");
    for (term, value) in facts {
        writeln!(page, "<div><dt>{term}</dt><dd>{}</dd></div>", escaped(&value))?;
    }
    page.push_str("</dl>\n");
    Ok(())
}

fn findings(page: &mut String, findings: &[Finding]) -> std::fmt::Result {
    heading(page, SECTIONS[0])?;
    if findings.is_empty() {
        page.push_str("<p>Nothing is wrong in what was seen.</p>\n");
    } else {
        page.push_str("<ol class=\"findings\">\n");
    }
    for finding in findings {
        let (class, word) = match finding.severity {
            Severity::Error => ("wrong", "error"),
            Severity::Warning => ("warn", "warning"),
            Severity::Info => ("unknown", "remark"),
        };
        writeln!(
            page,
            "<li class=\"{class}\"><h3><span class=\"badge {class}\">{word}</span> {} <code>{}</code></h3>\n<p>{}.</p>\n\
             <p><strong>Why it matters:</strong> {}.</p>\n<p><strong>Next:</strong> {}</p></li>",
            escaped(&finding.subject),
            escaped(&finding.id),
            sentence(&finding.message),
            sentence(&finding.reason),
            sentence(&finding.remedy),
        )?;
    }
    page.push_str(if findings.is_empty() { "</section>\n" } else { "</ol>\n</section>\n" });
    Ok(())
}

/// Begins with a capital letter, unless a command or a number comes first.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if !text.starts_with("s2scert ") => {
            escaped(&format!("{}{}", first.to_uppercase(), letters.as_str()))
        }
        _ => escaped(text),
    }
}

fn certificates(page: &mut String, report: &FarmStatusReport) -> std::fmt::Result {
    heading(page, SECTIONS[1])?;
    if report.certificates.is_empty() {
        page.push_str("<p>No certificate of this farm was seen.</p>\n");
    }
    for certificate in &report.certificates {
        one(page, certificate)?;
    }
    page.push_str("</section>\n");
    Ok(())
}

fn one(page: &mut String, certificate: &CertificateStatus) -> std::fmt::Result {
    let class = class_of_grade(certificate.grade);
    let subject = escaped(&certificate.subject);
    let row = if certificate.registered { " <span class=\"badge row\">named by the row</span>" } else { "" };
    writeln!(page, "<article class=\"{class}\">\n<h3>{subject}{row}</h3>")?;
    writeln!(
        page,
        "<p><span class=\"badge {class}\">{}</span> {} <code>{}</code></p>\n<p class=\"small\">Thumbprint <code>{}</code>; valid until \
         <time datetime=\"{}\">{}</time>, {}; issued by {}.</p>",
        grade(certificate.grade),
        certificate.meaning,
        certificate.verdict.id(),
        certificate.thumbprint,
        certificate.not_after,
        minute(certificate.not_after),
        left(certificate.days_left),
        escaped(&certificate.issuer),
    )?;
    // A region that scrolls sideways must be reachable by keyboard, and then needs a name.
    writeln!(page, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Places of {subject}\">")?;
    writeln!(page, "<table>\n<caption>Where it is</caption>\n<thead><tr><th scope=\"col\">Server or trust</th>")?;
    for place in PLACES {
        writeln!(page, "<th scope=\"col\">{place}</th>")?;
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for (about, spots) in by_row(&certificate.spots) {
        write!(page, "<tr><th scope=\"row\">{}</th>", escaped(about))?;
        for place in PLACES {
            let cells: Vec<String> = spots.iter().filter(|spot| spot.place == place).map(cell).collect();
            write!(
                page,
                "<td>{}</td>",
                if cells.is_empty() {
                    "<span class=\"none\">not asked for</span>".to_owned()
                } else {
                    cells.join("<br>")
                }
            )?;
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n<tfoot><tr><th scope=\"row\">Together</th>");
    for state in [certificate.store, certificate.row, certificate.metadata, certificate.trust] {
        write!(page, "<td>{}</td>", state_mark(state))?;
    }
    page.push_str("</tr></tfoot>\n</table>\n</div>\n</article>\n");
    Ok(())
}

/// Groups what follows each other about one server or trust.
fn by_row(spots: &[SpotStatus]) -> Vec<(&str, &[SpotStatus])> {
    spots.chunk_by(|a, b| a.about == b.about).filter_map(|group| Some((group.first()?.about.as_str(), group))).collect()
}

fn cell(spot: &SpotStatus) -> String {
    let organization = spot.organization.as_ref().map_or_else(String::new, |name| format!(" ({})", escaped(name)));
    format!("{}{organization}", marked(spot.state, word(spot)))
}

fn state_mark(state: PlaceState) -> String {
    marked(state, state.word())
}

fn marked(state: PlaceState, word: &str) -> String {
    let (class, mark) = match state {
        PlaceState::Present => ("good", "\u{2713}"),
        PlaceState::Absent => ("wrong", "\u{2715}"),
        PlaceState::Stale => ("warn", "\u{21ba}"),
        PlaceState::Unseen => ("unknown", "?"),
    };
    format!("<span class=\"state {class}\"><span aria-hidden=\"true\">{mark}</span> {word}</span>")
}

fn class_of_grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Good => "good",
        Grade::Underway => "warn",
        Grade::Wrong => "wrong",
        Grade::Unknown => "unknown",
    }
}

fn servers(page: &mut String, report: &FarmStatusReport) -> std::fmt::Result {
    heading(page, SECTIONS[3])?;
    page.push_str("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Servers\">\n<table>\n<caption>Servers of the description</caption>\n<thead><tr><th scope=\"col\">Server</th><th scope=\"col\">Roles</th><th scope=\"col\">Reached by</th><th scope=\"col\">Seen at</th></tr></thead>\n<tbody>\n");
    for server in &report.servers {
        let roles: Vec<&str> = server.roles.iter().map(|role| role.word()).collect();
        let seen = server
            .collected_at
            .map_or_else(|| "not seen".to_owned(), |at| format!("<time datetime=\"{at}\">{}</time>", minute(at)));
        writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{seen}</td></tr>",
            escaped(&server.name),
            roles.join(", "),
            match (&server.reached, server.collected_at) {
                (Some(reached), _) => way(reached),
                (None, Some(_)) => "a bundle".to_owned(),
                (None, None) => "nobody".to_owned(),
            },
        )?;
    }
    page.push_str("</tbody>\n</table>\n</div>\n</section>\n");
    Ok(())
}

/// By which way a server was reached, in how long, and what its session lacks.
fn way(reached: &Reached) -> String {
    let seconds = Duration::from_millis(reached.took_ms).as_secs_f64();
    let hop = match reached.network_identity {
        Some(false) => ", without credentials to go on with",
        Some(true) | None => "",
    };
    format!("{}, {seconds:.1} s{hop}", reached.way.word())
}

fn gaps(page: &mut String, report: &FarmStatusReport) -> std::fmt::Result {
    heading(page, SECTIONS[4])?;
    if report.gaps.is_empty() {
        page.push_str("<p>Everything was seen that has to be.</p>\n</section>\n");
        return Ok(());
    }
    page.push_str("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Gaps\">\n<table>\n<caption>What was not seen, and why</caption>\n<thead><tr><th scope=\"col\">Server or file</th><th scope=\"col\">What</th><th scope=\"col\">Why</th></tr></thead>\n<tbody>\n");
    for gap in &report.gaps {
        let topic = gap.topic.as_deref().unwrap_or("all of it");
        writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
            escaped(&gap.server),
            escaped(topic),
            escaped(&gap.why)
        )?;
    }
    page.push_str("</tbody>\n</table>\n</div>\n</section>\n");
    Ok(())
}

/// An instant to the minute, for people.
fn minute(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
