//! The schedule of the watch against croniter and Python's zoneinfo: 5,000 expressions in zones of every sort.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use jiff::Timestamp;
use jiff::tz::TimeZone;
use s2scert::watch::schedule::Cron;
use serde::{Deserialize, Serialize};

use crate::oracles;

/// How many expressions are compared.
const EXPRESSIONS: u64 = 5_000;
/// Zones with summer time of an hour and of half an hour, north and south, odd offsets, none at all, and lasting changes.
const ZONES: [&str; 20] = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Lisbon",
    "Europe/Istanbul",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Havana",
    "America/Sao_Paulo",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Asia/Pyongyang",
    "Asia/Tehran",
];

#[derive(Serialize)]
struct Question {
    cron: String,
    zone: &'static str,
    now: i64,
}

#[derive(Deserialize)]
struct Answer {
    latest: i64,
    next: i64,
}

#[test]
fn five_thousand_expressions_are_due_when_another_implementation_says() {
    if let Some(missing) = oracles::python_missing() {
        oracles::skip(&missing);
        return;
    }
    let mut draw = Draw(20_261_125);
    let questions: Vec<Question> = (0..EXPRESSIONS)
        .map(|number| {
            let zone = ZONES[(number % ZONES.len() as u64) as usize];
            Question { cron: draw.expression(), zone, now: draw.instant(zone) }
        })
        .collect();
    let folder = tempfile::TempDir::new().unwrap();
    let (asked, answered) = (folder.path().join("questions.json"), folder.path().join("answers.json"));
    std::fs::write(&asked, serde_json::to_vec(&questions).unwrap()).unwrap();
    oracles::run_python([oracles::source("cron.py").as_os_str(), asked.as_os_str(), answered.as_os_str()]);
    let answers: Vec<Answer> = serde_json::from_slice(&std::fs::read(&answered).unwrap()).unwrap();
    assert_eq!(answers.len(), questions.len());
    let mut wrong = Vec::new();
    for (question, answer) in questions.iter().zip(&answers) {
        let cron = Cron::try_from(question.cron.clone()).unwrap_or_else(|error| panic!("{}: {error}", question.cron));
        let zone = TimeZone::get(question.zone).unwrap();
        let now = Timestamp::from_second(question.now).unwrap();
        let of = |seconds| Some(Timestamp::from_second(seconds).unwrap());
        let (latest, next) = (cron.latest(&zone, now), cron.next(&zone, now));
        if (latest, next) != (of(answer.latest), of(answer.next)) {
            let theirs = (of(answer.latest), of(answer.next));
            wrong.push(format!(
                "{:?} {} at {now}: {latest:?} {next:?}, theirs {theirs:?}",
                question.cron, question.zone
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {EXPRESSIONS} differ:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}

/// A fixed sequence of numbers.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u64) as usize]
    }

    /// Half of the instants lie within two hours of a change of the zone, the others anywhere from 2010 to 2035.
    fn instant(&mut self, zone: &str) -> i64 {
        let start = 1_262_304_000 + self.below(25 * 365 * 86_400) as i64;
        let zone = TimeZone::get(zone).unwrap();
        let change =
            zone.following(Timestamp::from_second(start).unwrap()).next().map(|one| one.timestamp().as_second());
        match change {
            Some(change) if self.below(2) == 0 && change < 2_051_222_400 => change - 7_200 + self.below(14_400) as i64,
            _ => start,
        }
    }

    fn expression(&mut self) -> String {
        let minute = self.field(0, 59);
        // Most changes of clocks happen at night.
        let hour = if self.below(2) == 0 { self.below(5).to_string() } else { self.field(0, 23) };
        let (mut day, mut month, mut weekday) = ("*".to_owned(), "*".to_owned(), "*".to_owned());
        if self.below(3) == 0 {
            day = self.field(1, 28);
        }
        if self.below(4) == 0 {
            month = match self.below(2) {
                0 => self.one_of(&["jan", "MAR", "apr", "oct", "NOV", "mar-nov", "sep,oct"]).to_owned(),
                _ => self.field(1, 12),
            };
        }
        if self.below(3) == 0 {
            weekday = match self.below(2) {
                0 => self.one_of(&["sun", "MON", "sat", "mon-fri", "sat,sun", "7", "5-7", "0,6"]).to_owned(),
                // Of the whole week croniter says that no day is named, and Vixie cron that all are.
                _ => Some(self.field(0, 6)).filter(|field| !field.starts_with("0-6")).unwrap_or_else(|| "1".to_owned()),
            };
        }
        format!("{minute} {hour} {day} {month} {weekday}")
    }

    fn field(&mut self, low: u64, high: u64) -> String {
        let one = low + self.below(high - low + 1);
        let other = low + self.below(high - low + 1);
        let (from, to) = (one.min(other), one.max(other));
        // croniter takes 5-5 for a whole turn of the clock, every other cron for a five.
        if from == to {
            return one.to_string();
        }
        match self.below(7) {
            0 => "*".to_owned(),
            1 => format!("*/{}", 2 + self.below(high - 1)),
            2 => format!("{from}-{to}"),
            3 => format!("{from}-{to}/{}", 1 + self.below(9)),
            4 => format!("{one},{other}"),
            _ => one.to_string(),
        }
    }
}
