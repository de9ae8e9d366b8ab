//! Paths with wildcards: `certs/*.pfx`, `sites/**/s2s?.cer`. Letter case makes no difference: rather is too much looked at.
//!
//! `*` and `?` stand for characters within one name, `**` for any number of folders. A path that exists as it stands is no
//! pattern.

use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ports::Host;

/// The paths that are walked, and which files of them are meant.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// Files and folders that stand there as such.
    plain: Vec<PathBuf>,
    globs: Vec<Glob>,
}

#[derive(Debug)]
struct Glob {
    text: String,
    /// The folder before the first wildcard.
    base: PathBuf,
    parts: Vec<String>,
    met: AtomicBool,
}

impl Named {
    /// Tells patterns from paths.
    pub(super) fn of(host: &Host, paths: &[PathBuf]) -> Self {
        let mut named = Self::default();
        for path in paths {
            match Glob::of(path) {
                // Windows does not even look for such a name, and reports that as an error.
                Some(glob) if host.files.kind(path).ok().flatten().is_none() => named.globs.push(glob),
                _ => named.plain.push(path.clone()),
            }
        }
        named
    }

    /// Returns what is to be walked.
    pub(super) fn roots(&self) -> Vec<PathBuf> {
        // What lies within a folder that is walked anyway is walked once.
        let within = |path: &Path| self.plain.iter().any(|plain| path.starts_with(plain));
        let mut roots = self.plain.clone();
        for glob in &self.globs {
            if !within(&glob.base) && !roots[self.plain.len()..].contains(&glob.base) {
                roots.push(glob.base.clone());
            }
        }
        roots
    }

    /// Returns whether a file that was found is meant.
    pub(super) fn means(&self, path: &Path) -> bool {
        let mut meant = false;
        for glob in &self.globs {
            if glob.matches(path) {
                glob.met.store(true, Ordering::Relaxed);
                meant = true;
            }
        }
        meant || self.globs.is_empty() || self.plain.iter().any(|plain| path.starts_with(plain))
    }

    /// Returns the patterns that no file has met.
    pub(super) fn unmet(&self) -> impl Iterator<Item = &str> {
        self.globs.iter().filter(|glob| !glob.met.load(Ordering::Relaxed)).map(|glob| glob.text.as_str())
    }
}

impl Glob {
    fn of(path: &Path) -> Option<Self> {
        let text = path.to_str()?;
        let parts: Vec<Component<'_>> = path.components().collect();
        let wild = |part: &Component<'_>| part.as_os_str().to_string_lossy().contains(['*', '?']);
        let first = parts.iter().position(wild)?;
        let base: PathBuf = parts[..first].iter().collect();
        let parts = parts[first..].iter().map(|part| part.as_os_str().to_string_lossy().to_lowercase()).collect();
        let base = if base.as_os_str().is_empty() { PathBuf::from(".") } else { base };
        Some(Self { text: text.to_owned(), base, parts, met: AtomicBool::new(false) })
    }

    fn matches(&self, path: &Path) -> bool {
        let Ok(rest) = path.strip_prefix(&self.base) else { return false };
        let names: Vec<String> =
            rest.components().map(|one| one.as_os_str().to_string_lossy().to_lowercase()).collect();
        // Which parts of the pattern can come next, for the names up to here: linear in both, whatever the pattern is.
        let mut reached = vec![false; self.parts.len() + 1];
        reached[0] = true;
        let skip = |reached: &mut Vec<bool>| {
            for (at, part) in self.parts.iter().enumerate() {
                reached[at + 1] |= reached[at] && part == "**";
            }
        };
        skip(&mut reached);
        for name in &names {
            let mut next = vec![false; reached.len()];
            for (at, part) in self.parts.iter().enumerate().filter(|(at, _)| reached[*at]) {
                if part == "**" {
                    next[at] = true;
                } else if fits(part, name) {
                    next[at + 1] = true;
                }
            }
            skip(&mut next);
            reached = next;
        }
        reached.last() == Some(&true)
    }
}

/// Returns whether a name fits a pattern of `*` and `?`.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut from, mut star) = (0, 0, None);
    while from < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(c) if *c == '?' || *c == name[from] => (at, from) = (at + 1, from + 1),
            // The last star takes one character more.
            _ => match star {
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    (at, from) = (place + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_what_a_person_means_by_it() {
        for (pattern, path, meant) in [
            ("certs/*.pfx", "certs/s2s.pfx", true),
            ("certs/*.pfx", "certs/S2S.PFX", true),
            ("certs/*.pfx", "certs/s2s.pem", false),
            ("certs/*.pfx", "certs/old/s2s.pfx", false),
            ("certs/**/*.pfx", "certs/old/2025/s2s.pfx", true),
            ("certs/**/*.pfx", "certs/s2s.pfx", true),
            ("certs/**", "certs/old/s2s.pem", true),
            ("certs/*/s2s?.cer", "certs/crm/s2s1.cer", true),
            ("certs/*/s2s?.cer", "certs/crm/s2s.cer", false),
            ("*.cer", "./leaf.cer", true),
            ("certs/a*b*c", "certs/aXbYbZc", true),
            ("certs/a*b*c", "certs/aXbYbZ", false),
            ("other/*.pfx", "certs/s2s.pfx", false),
        ] {
            let glob = Glob::of(Path::new(pattern)).unwrap_or_else(|| panic!("{pattern} is no pattern"));
            assert_eq!(glob.matches(Path::new(path)), meant, "{pattern}: {path}");
        }
        assert!(Glob::of(Path::new("certs/s2s.pfx")).is_none());
    }

    #[test]
    fn many_stars_are_no_long_work() {
        let name = "a".repeat(200);
        assert!(!fits(&format!("{}b", "a*".repeat(100)), &name));
        let deep: PathBuf = std::iter::repeat_n("a", 60).collect();
        let glob = Glob::of(&["**/a"; 30].iter().collect::<PathBuf>().join("b")).unwrap_or_else(|| panic!("a pattern"));
        assert!(!glob.matches(&Path::new(".").join(deep)));
    }
}
