//! When certificates expire, drawn as SVG. Each bar says in words what it shows; the table above says the same.

use std::fmt::Write as _;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::super::status::left;
use super::{class_of_grade, escaped};
use crate::app::farm::status::{CertificateStatus, FarmStatusReport};

/// The width of the drawing, and the margin at both sides.
const WIDTH: i64 = 960;
const MARGIN: i64 = 24;
/// The height of one certificate, of its bar, and of what stands above the first.
const ROW: i64 = 52;
const BAR: i64 = 18;
const HEAD: i64 = 46;
/// The most certificates that are drawn; the table holds all.
const MOST: usize = 40;
/// The most marks on the axis.
const MOST_TICKS: i32 = 12;
/// The longest label, in characters: so many fit the width.
const LABEL: usize = 110;

/// From where to where the axis goes, in seconds.
struct Axis {
    from: i64,
    until: i64,
}

impl Axis {
    fn of(report: &FarmStatusReport, drawn: &[CertificateStatus]) -> Self {
        const DAY: i64 = 86_400;
        let now = report.at.as_second();
        // What was long ago takes no room from what is to come.
        let from = drawn
            .iter()
            .map(|one| one.not_before.as_second())
            .min()
            .unwrap_or(now)
            .clamp(now - 400 * DAY, now - 30 * DAY);
        let until = drawn
            .iter()
            .map(|one| one.not_after.as_second())
            .max()
            .unwrap_or(now)
            .clamp(now + 90 * DAY, now + 4_000 * DAY);
        Self { from, until: until + 15 * DAY }
    }

    fn x(&self, at: Timestamp) -> i64 {
        let part = (at.as_second().clamp(self.from, self.until) - self.from) * (WIDTH - 2 * MARGIN);
        MARGIN + part / (self.until - self.from).max(1)
    }

    /// First days of months, as many as fit.
    fn ticks(&self) -> Vec<(Date, Timestamp)> {
        let day = |second: i64| Timestamp::from_second(second).ok().map(|at| at.to_zoned(TimeZone::UTC).date());
        let (Some(from), Some(until)) = (day(self.from), day(self.until)) else { return Vec::new() };
        let months = (i32::from(until.year()) - i32::from(from.year())) * 12 + i32::from(until.month())
            - i32::from(from.month());
        let step = [1, 2, 3, 6, 12, 24].into_iter().find(|step| months / step <= MOST_TICKS).unwrap_or(60);
        let mut ticks = Vec::new();
        let mut date = Date::new(from.year(), 1, 1).unwrap_or(from);
        while date <= until && ticks.len() < 100 {
            if date >= from
                && let Ok(at) = date.to_zoned(TimeZone::UTC)
            {
                ticks.push((date, at.timestamp()));
            }
            let Ok(next) = date.checked_add(i64::from(step).months()) else { break };
            date = next;
        }
        ticks
    }
}

/// Draws the timeline.
pub(super) fn draw(page: &mut String, report: &FarmStatusReport) -> std::fmt::Result {
    if report.certificates.is_empty() {
        page.push_str("<p>There is nothing to draw.</p>\n");
        return Ok(());
    }
    let drawn = report.certificates.get(..MOST).unwrap_or(&report.certificates);
    let axis = Axis::of(report, drawn);
    let height = HEAD + ROW * i64::try_from(drawn.len()).unwrap_or_default() + 12;
    page.push_str("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Timeline of expiry\">\n");
    writeln!(
        page,
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"timeline-title timeline-words\">\n\
         <title id=\"timeline-title\">Validity of {} certificates</title>\n<desc id=\"timeline-words\">{}</desc>",
        drawn.len(),
        escaped(&words(drawn)),
    )?;
    for (date, at) in axis.ticks() {
        let x = axis.x(at);
        writeln!(page, "<line class=\"grid\" x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{height}\"/>", HEAD - 14)?;
        writeln!(
            page,
            "<text class=\"tick\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{:04}-{:02}</text>",
            HEAD - 20,
            date.year(),
            date.month()
        )?;
    }
    let today = axis.x(report.at);
    writeln!(page, "<line class=\"today\" x1=\"{today}\" y1=\"{}\" x2=\"{today}\" y2=\"{height}\"/>", HEAD - 14)?;
    writeln!(page, "<text class=\"now\" x=\"{today}\" y=\"13\" text-anchor=\"middle\">now</text>")?;
    for (index, certificate) in drawn.iter().enumerate() {
        bar(page, &axis, certificate, HEAD + ROW * i64::try_from(index).unwrap_or_default())?;
    }
    page.push_str("</svg>\n</div>\n");
    if drawn.len() < report.certificates.len() {
        writeln!(page, "<p>{} more stand in the list of certificates.</p>", report.certificates.len() - drawn.len())?;
    }
    Ok(())
}

fn bar(page: &mut String, axis: &Axis, certificate: &CertificateStatus, y: i64) -> std::fmt::Result {
    let (from, until) = (axis.x(certificate.not_before), axis.x(certificate.not_after));
    let label: String =
        format!("{}, {}", certificate.subject, left(certificate.days_left)).chars().take(LABEL).collect();
    writeln!(
        page,
        "<g class=\"{}\"><title>{}</title><text x=\"{MARGIN}\" y=\"{}\">{}</text>\
         <rect x=\"{from}\" y=\"{}\" width=\"{}\" height=\"{BAR}\" rx=\"4\"/></g>",
        class_of_grade(certificate.grade),
        escaped(&format!("{}, from {} until {}", certificate.subject, certificate.not_before, certificate.not_after)),
        y + 14,
        escaped(&label),
        y + 21,
        (until - from).max(3),
    )
}

/// The drawing in words.
fn words(drawn: &[CertificateStatus]) -> String {
    let one = |certificate: &CertificateStatus| format!("{}: {}", certificate.subject, left(certificate.days_left));
    drawn.iter().map(one).collect::<Vec<_>>().join("; ")
}
