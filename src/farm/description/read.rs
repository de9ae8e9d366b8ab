//! TOML to nouns. Each table is read by itself, and each wrong key is told and then left out, so that one mistake hides no
//! other. What cannot be read at all ends up as nothing, with a problem that says so.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

use super::check;
use super::nouns::{
    CertificateWish, Consumer, Farm, Freeze, Head, Identity, Node, Organization, SharePoint, Ssh, Thresholds, TlsTrust,
    Trust, UpdateCrm, Watcher, Window,
};
use super::problem::{Fault, Place, Problem};
use super::unattended::Unattended;
use crate::farm::reading::{nearest, shown, tidy, value_spans};

/// The format that this program reads and writes.
pub const FORMAT: &str = "1.0";
/// The largest text, in octets. A farm of a hundred servers has about thirty thousand.
pub const MAX_BYTES: usize = 1 << 20;
/// The most tables of one sort.
const MAX_TABLES: usize = 1000;
/// The most wrong values of one table that are told one by one.
const MAX_WRONG: usize = 32;
/// Beyond this many octets columns are counted in octets, so that a file of one line costs no more than others.
const LONG_LINE: usize = 4096;
/// Keys whose values are never repeated in a message.
const SECRETS: [&str; 1] = ["password"];

/// What was read, and everything that is wrong with it.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The farm, as far as it could be read. It is whole where no problem is an error.
    pub farm: Farm,
    /// The problems, in the order of the text.
    pub problems: Vec<Problem>,
}

/// One table that was read, with the places of its keys.
pub(super) struct Read<T> {
    pub(super) value: T,
    pub(super) part: String,
    pub(super) at: Place,
    keys: BTreeMap<String, Place>,
}

impl<T> Read<T> {
    /// Returns where a key stands, or the table where it has none.
    pub(super) fn place(&self, key: &str) -> Place {
        self.keys.get(key).copied().unwrap_or(self.at)
    }
}

/// Everything that was read, with places.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) head: Option<Read<Head>>,
    pub(super) certificate: Option<Read<CertificateWish>>,
    pub(super) thresholds: Option<Read<Thresholds>>,
    pub(super) update_crm: Option<Read<UpdateCrm>>,
    pub(super) watcher: Option<Read<Watcher>>,
    pub(super) unattended: Option<Read<Unattended>>,
    pub(super) ssh: Option<Read<Ssh>>,
    pub(super) nodes: Vec<Read<Node>>,
    pub(super) identities: Vec<Read<Identity>>,
    pub(super) organizations: Vec<Read<Organization>>,
    pub(super) sharepoint: Vec<(Read<SharePoint>, Vec<Read<Trust>>)>,
    pub(super) consumers: Vec<Read<Consumer>>,
    pub(super) windows: Vec<Read<Window>>,
    pub(super) freezes: Vec<Read<Freeze>>,
    /// The names of tables that could not be read, so that a reference to one is not called dangling.
    pub(super) broken: Vec<String>,
    /// Whether a table `update_crm` stands there, readable or not.
    pub(super) has_update_crm: bool,
}

/// Reads a description.
#[must_use]
pub fn read(text: &str) -> Reading {
    let starts = text.bytes().enumerate().filter(|(_, octet)| *octet == b'\n').map(|(at, _)| at + 1);
    let mut reader =
        Reader { text, lines: std::iter::once(0).chain(starts).collect(), problems: Vec::new(), broken: Vec::new() };
    let tables = reader.tables();
    let mut problems = reader.problems;
    let farm = match tables {
        Some(tables) => {
            check::check(&tables, &mut problems);
            tables.into_farm()
        }
        None => Farm::default(),
    };
    problems.sort_by_key(|problem| problem.place.map_or((1, Place { line: 0, column: 0 }), |place| (0, place)));
    Reading { farm, problems }
}

impl Tables {
    fn into_farm(self) -> Farm {
        fn values<T>(tables: Vec<Read<T>>) -> Vec<T> {
            tables.into_iter().map(|table| table.value).collect()
        }
        let head = self.head.map(|head| head.value);
        let sharepoint =
            self.sharepoint.into_iter().map(|(farm, trusts)| SharePoint { trusts: values(trusts), ..farm.value });
        Farm {
            policy: head.as_ref().and_then(|head| head.policy.clone()),
            tls: head
                .as_ref()
                .map(|head| TlsTrust { ca: head.tls_ca.clone(), pin: head.tls_pin.clone() })
                .unwrap_or_default(),
            name: head.map(|head| head.name),
            certificate: self.certificate.map(|one| one.value),
            thresholds: self.thresholds.map(|one| one.value).unwrap_or_default(),
            update_crm: self.update_crm.map(|one| one.value),
            watcher: self.watcher.map(|one| one.value),
            unattended: self.unattended.map(|one| one.value),
            ssh: self.ssh.map(|one| one.value).unwrap_or_default(),
            nodes: values(self.nodes),
            identities: values(self.identities),
            organizations: values(self.organizations),
            sharepoint: sharepoint.collect(),
            consumers: values(self.consumers),
            windows: values(self.windows),
            freezes: values(self.freezes),
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    /// Where each line begins.
    lines: Vec<usize>,
    problems: Vec<Problem>,
    broken: Vec<String>,
}

impl<'t> Reader<'t> {
    /// Refuses what is no TOML or of another format before anything else is judged.
    fn tables(&mut self) -> Option<Tables> {
        if self.text.len() > MAX_BYTES {
            self.tell(None, "farm", Fault::TooLarge { bytes: self.text.len(), limit: MAX_BYTES });
            return None;
        }
        let mut root = match DeTable::parse(self.text) {
            Ok(root) => root,
            Err(error) => {
                let place = error.span().map(|span| self.place(span.start));
                self.tell(place, "farm", Fault::Syntax(tidy(error.message())));
                return None;
            }
        };
        if let Some(fault) = wrong_format(root.get_ref().get("format").and_then(|value| value.get_ref().as_str())) {
            let place = root.get_ref().get("format").map(|value| self.place(value.span().start));
            self.tell(place, "farm", fault);
            return None;
        }
        let mut tables = Tables { has_update_crm: root.get_ref().contains_key("update_crm"), ..Tables::default() };
        tables.certificate = self.one(&mut root, "certificate");
        tables.thresholds = self.one(&mut root, "thresholds");
        tables.update_crm = self.one(&mut root, "update_crm");
        tables.watcher = self.one(&mut root, "watcher");
        tables.unattended = self.one(&mut root, "unattended");
        tables.ssh = self.one(&mut root, "ssh");
        tables.nodes = self.many(&mut root, "node", "name");
        tables.identities = self.many(&mut root, "identity", "account");
        tables.organizations = self.many(&mut root, "organization", "name");
        for mut table in self.take_tables(&mut root, "sharepoint") {
            let trusts = self.many(&mut table, "trust", "name");
            tables.sharepoint.extend(self.table(table, "sharepoint", "name").map(|farm| (farm, trusts)));
        }
        tables.consumers = self.many(&mut root, "consumer", "name");
        tables.windows = self.many(&mut root, "window", "name");
        tables.freezes = self.many(&mut root, "freeze", "reason");
        const SECTIONS: [&str; 13] = [
            "certificate",
            "thresholds",
            "update_crm",
            "watcher",
            "unattended",
            "ssh",
            "node",
            "identity",
            "organization",
            "sharepoint",
            "consumer",
            "window",
            "freeze",
        ];
        tables.head = self.read(root, "farm".to_owned(), &SECTIONS);
        tables.broken = std::mem::take(&mut self.broken);
        Some(tables)
    }

    fn one<T: JsonSchema + for<'de> Deserialize<'de>>(
        &mut self,
        root: &mut Spanned<DeTable<'t>>,
        key: &'static str,
    ) -> Option<Read<T>> {
        let value = root.get_mut().remove(key)?;
        let span = value.span();
        let DeValue::Table(table) = value.into_inner() else {
            self.wrong(span.start, key, format!("written as a table: [{key}]"));
            return None;
        };
        self.read(Spanned::new(span, table), key.to_owned(), &[])
    }

    fn many<T: JsonSchema + for<'de> Deserialize<'de>>(
        &mut self,
        root: &mut Spanned<DeTable<'t>>,
        key: &'static str,
        naming: &str,
    ) -> Vec<Read<T>> {
        let tables = self.take_tables(root, key);
        tables.into_iter().filter_map(|table| self.table(table, key, naming)).collect()
    }

    fn table<T: JsonSchema + for<'de> Deserialize<'de>>(
        &mut self,
        table: Spanned<DeTable<'t>>,
        key: &str,
        naming: &str,
    ) -> Option<Read<T>> {
        let name = table.get_ref().get(naming).and_then(|value| value.get_ref().as_str()).map(str::to_owned);
        let part = name.as_ref().map_or_else(|| key.to_owned(), |name| format!("{key} {:?}", shown(name)));
        let read = self.read(table, part, &[]);
        if read.is_none() {
            self.broken.extend(name.map(|name| name.to_ascii_lowercase()));
        }
        read
    }

    fn take_tables(&mut self, root: &mut Spanned<DeTable<'t>>, key: &'static str) -> Vec<Spanned<DeTable<'t>>> {
        let Some(value) = root.get_mut().remove(key) else { return Vec::new() };
        let start = value.span().start;
        let DeValue::Array(array) = value.into_inner() else {
            self.wrong(start, key, format!("written as tables with two brackets: [[{key}]]"));
            return Vec::new();
        };
        if array.len() > MAX_TABLES {
            let place = Some(self.place(start));
            self.tell(place, "farm", Fault::TooMany { key, limit: MAX_TABLES });
            return Vec::new();
        }
        let mut tables = Vec::new();
        for element in DeArray::into_iter(array) {
            let span = element.span();
            match element.into_inner() {
                DeValue::Table(table) => tables.push(Spanned::new(span, table)),
                _ => self.wrong(span.start, key, format!("written as tables with two brackets: [[{key}]]")),
            }
        }
        tables
    }

    /// Reads one table: tells unknown keys, missing keys and wrong values, each once; gives the value if what is left suffices.
    fn read<T: JsonSchema + for<'de> Deserialize<'de>>(
        &mut self,
        mut table: Spanned<DeTable<'t>>,
        part: String,
        sections: &[&str],
    ) -> Option<Read<T>> {
        let schema = T::json_schema(&mut schemars::SchemaGenerator::default()).to_value();
        let known: Vec<&str> =
            schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        let required = schema["required"].as_array().into_iter().flatten().filter_map(|key| key.as_str());
        let at = self.place(table.span().start);
        let keys: BTreeMap<String, Place> =
            table.get_ref().keys().map(|key| (key.get_ref().to_string(), self.place(key.span().start))).collect();
        for (key, place) in keys.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            let nearest = nearest(key, known.iter().copied().chain(sections.iter().copied()));
            self.tell(Some(*place), &part, Fault::UnknownKey { key: shown(key), nearest });
            table.get_mut().remove(key.as_str());
        }
        let missing: Vec<&str> = required.filter(|key| !keys.contains_key(*key)).collect();
        for key in &missing {
            self.tell(Some(at), &part, Fault::MissingKey((*key).to_owned()));
        }
        for (_, value) in table.get_mut().iter_mut() {
            // TOML has dates and times of its own; people write them with and without quotes.
            if let DeValue::Datetime(date) = value.get_ref() {
                *value.get_mut() = DeValue::String(date.to_string().into());
            }
        }
        self.secrets(&mut table, &part);
        for _ in 0..MAX_WRONG {
            let spans = value_spans(&table);
            let error = match T::deserialize(Deserializer::from(table.clone())) {
                Ok(value) => return Some(Read { value, part, at, keys }),
                Err(error) => error,
            };
            let span = error.span();
            let key =
                span.as_ref().and_then(|at| spans.iter().find(|(_, one)| one.start <= at.start && at.end <= one.end));
            // Without a value to blame a key is missing, and that was told.
            let (key, start) = match (key, span) {
                (Some((key, _)), Some(span)) => (key.clone(), span.start),
                _ => return None,
            };
            let place = Some(self.place(start));
            self.tell(place, &part, Fault::WrongValue { key: key.clone(), message: tidy(error.message()) });
            table.get_mut().remove(key.as_str());
        }
        None
    }

    /// Takes out sources of secrets that are none, so that no message repeats them.
    fn secrets(&mut self, table: &mut Spanned<DeTable<'t>>, part: &str) {
        for key in SECRETS {
            let Some(value) = table.get_ref().get(key) else { continue };
            let understood = match value.get_ref() {
                DeValue::Table(_) => {
                    super::words::SecretSource::deserialize(toml::de::ValueDeserializer::from(value.clone())).is_ok()
                }
                _ => false,
            };
            if !understood {
                let place = Some(self.place(value.span().start));
                self.tell(place, part, Fault::Secret(key.to_owned()));
                table.get_mut().remove(key);
            }
        }
    }

    fn wrong(&mut self, start: usize, key: &str, message: String) {
        let place = Some(self.place(start));
        self.tell(place, "farm", Fault::WrongValue { key: key.to_owned(), message });
    }

    fn tell(&mut self, place: Option<Place>, part: &str, fault: Fault) {
        self.problems.push(Problem { place, part: part.to_owned(), fault });
    }

    fn place(&self, offset: usize) -> Place {
        let line = self.lines.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|at| self.lines.get(at)).copied().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        let column = if before.len() > LONG_LINE { before.len() } else { before.chars().count() };
        Place { line, column: 1 + column }
    }
}

/// Format 1.0 is the first, so any other version is a later one.
fn wrong_format(format: Option<&str>) -> Option<Fault> {
    let number = |text: &str| !text.is_empty() && text.len() < 9 && text.bytes().all(|octet| octet.is_ascii_digit());
    match format {
        Some(FORMAT) => None,
        Some(other) if other.split_once('.').is_some_and(|(major, minor)| number(major) && number(minor)) => {
            Some(Fault::NewerFormat(other.to_owned()))
        }
        _ => Some(Fault::NoFormat),
    }
}
