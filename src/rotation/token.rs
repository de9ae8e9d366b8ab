//! What the answer of a site to a token means: whether SharePoint takes tokens signed with a certificate, and where not, why.
//! Pure.

use super::engine::Verdict;
use crate::protocol::TokenFacts;

/// Clocks that are further apart than this, in seconds, explain a refusal; below it other causes are likelier.
const APART: i64 = 60;
/// The command that asks once more.
const AGAIN: &str = "ask again: s2scert rotate verify --token";

/// What was asked, beside what the node told.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The node that made the token.
    pub node: &'a str,
    /// The trust under which SharePoint knows the issuer.
    pub trust: &'a str,
    /// Whether the trust accepts the certificate, as SharePoint tells it.
    pub accepted: bool,
    /// How long the token lived, in seconds.
    pub seconds: u32,
}

/// What an answer means.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Meaning {
    /// Whether SharePoint takes the token.
    pub verdict: Verdict,
    /// The next steps, where it is not proven.
    pub next: Vec<String>,
}

/// Reads the answer of a site.
#[must_use]
pub fn read(facts: &TokenFacts, question: &Question<'_>) -> Meaning {
    let unseen = |why: String, next: &str| Meaning { verdict: Verdict::Unseen(why), next: vec![next.to_owned()] };
    let open = (200..300).contains(&facts.without);
    let Some(status) = facts.with.filter(|_| !open) else {
        let why = format!("the site answers without a token too (status {}), which proves nothing", facts.without);
        return unseen(why, "name a site under app_only that anonymous readers cannot open");
    };
    let said = facts.diagnostics.as_ref().map(|text| format!("; it says: {}", text.as_str())).unwrap_or_default();
    match status {
        200..300 if is_page(facts) => unseen(
            "the site answers with a web page, not with what _api/web answers".to_owned(),
            "name the address of a site collection of SharePoint under app_only",
        ),
        200..300 => Meaning { verdict: Verdict::So, next: Vec::new() },
        401 => refused(facts, question, &said),
        403 => Meaning {
            verdict: Verdict::Not(format!("the site knows who asks and does not let him in (status 403){said}")),
            next: vec![
                "grant Dynamics app-only permission on this site, or take the site out of app_only in farm.toml"
                    .to_owned(),
                AGAIN.to_owned(),
            ],
        },
        404 => unseen(
            "there is no site at this address (status 404)".to_owned(),
            "name the address of a site collection of SharePoint under app_only",
        ),
        _ => unseen(
            format!("the site answers with status {status}{said}"),
            "open the site in a browser; what is in the way of people is in the way of a token too",
        ),
    }
}

fn is_page(facts: &TokenFacts) -> bool {
    facts.content_type.as_ref().is_some_and(|text| text.as_str().to_ascii_lowercase().starts_with("text/html"))
}

/// Finds the likeliest cause of a refusal: the clocks, then the trust, then what the site says, then what it still remembers.
fn refused(facts: &TokenFacts, question: &Question<'_>, said: &str) -> Meaning {
    let Question { node, trust, accepted, seconds } = *question;
    let ahead = facts.site_clock.map_or(0, |site| facts.made.as_second() - site.as_second());
    let diagnostics = facts.diagnostics.as_ref().map(|text| text.as_str().to_ascii_lowercase()).unwrap_or_default();
    let says = |word: &str| diagnostics.contains(word);
    let clocks = "set the clock right on both machines: w32tm /resync";
    let (why, next) = if ahead > APART {
        (
            format!("the clock of {node} is {ahead} s ahead of that of the site: the token is not valid there yet"),
            clocks,
        )
    } else if -ahead > APART.max(i64::from(seconds)) {
        (format!("the clock of {node} is {} s behind that of the site: the token is over there", -ahead), clocks)
    } else if !accepted {
        (
            format!("the trust {trust} does not accept this certificate: SharePoint has not read the metadata since"),
            "let SharePoint read it, with its job RefreshMetadataFeed, and see the trust: s2scert farm status",
        )
    } else if says("audience") || says("realm") {
        (
            "the site does not take the audience of the token: another realm or host name".to_owned(),
            "compare Get-SPAuthenticationRealm with the realm of the trust, and the address of the site with its alternate access \
             mappings",
        )
    } else if says("not registered") {
        (
            format!("the site does not know the issuer of the token, though the trust {trust} is there"),
            "compare RegisteredIssuerName of the trust with the issuer in the metadata document: s2scert farm status",
        )
    } else {
        (
            format!(
                "the site refuses the token, though the trust {trust} accepts the certificate: its servers may still go by what \
                 they knew before, for up to 24 hours, or Dynamics has no app-only permission there"
            ),
            "start the web servers of SharePoint anew with iisreset, or wait, and look at the permission of Dynamics on the site",
        )
    };
    Meaning {
        verdict: Verdict::Not(format!("{why} (status 401){said}")),
        next: vec![next.to_owned(), AGAIN.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::protocol::Text;

    fn facts(without: u16, with: Option<u16>, kind: &str, diagnostics: &str, ahead: i64) -> TokenFacts {
        let made: jiff::Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let text = |text: &str| (!text.is_empty()).then(|| Text::told(text));
        TokenFacts {
            claims_sha256: None,
            without,
            with,
            content_type: text(kind),
            diagnostics: text(diagnostics),
            made,
            site_clock: Some(made - jiff::SignedDuration::from_secs(ahead)),
        }
    }

    #[test]
    fn every_answer_of_a_site_has_a_meaning_and_every_refusal_a_cause_and_a_next_step() {
        let json = "application/json";
        let cases = [
            // without, with, kind, diagnostics, seconds ahead, whether the trust accepts, the word, a part of the reason.
            ((401, Some(200), json, "", 0, true), "so", ""),
            ((401, Some(200), json, "", 3600, false), "so", ""),
            ((403, Some(204), "", "", 0, true), "so", ""),
            ((200, None, json, "", 0, true), "unseen", "without a token too"),
            ((200, Some(200), json, "", 0, true), "unseen", "without a token too"),
            ((401, Some(200), "Text/HTML; charset=utf-8", "", 0, true), "unseen", "a web page"),
            ((401, Some(302), "", "", 0, true), "unseen", "status 302"),
            ((401, Some(404), "", "", 0, true), "unseen", "no site"),
            ((401, Some(503), "", "", 0, true), "unseen", "status 503"),
            ((401, Some(403), "", "", 0, true), "not", "does not let him in"),
            ((401, Some(401), "", "", 61, true), "not", "61 s ahead"),
            ((401, Some(401), "", "", 60, true), "not", "up to 24 hours"),
            ((401, Some(401), "", "", -301, true), "not", "301 s behind"),
            ((401, Some(401), "", "", -300, true), "not", "up to 24 hours"),
            ((401, Some(401), "", "", 0, false), "not", "has not read the metadata"),
            ((401, Some(401), "", "3;reason=\"Invalid Audience Uri\"", 0, true), "not", "another realm or host"),
            ((401, Some(401), "", "Issuer name is not registered", 0, true), "not", "does not know the issuer"),
            ((401, Some(401), "", "3;reason=\"other\"", 0, true), "not", "; it says: 3;reason=\"other\""),
        ];
        for ((without, with, kind, diagnostics, ahead, accepted), word, part) in cases {
            let question = Question { node: "crm-web-1", trust: "crm", accepted, seconds: 300 };
            let Meaning { verdict, next } = read(&facts(without, with, kind, diagnostics, ahead), &question);
            let (found, why) = match verdict {
                Verdict::So => ("so", String::new()),
                Verdict::Not(why) => ("not", why),
                Verdict::Unseen(why) => ("unseen", why),
            };
            assert_eq!(found, word, "{without} {with:?} {diagnostics}: {why}");
            assert!(why.contains(part), "{why:?} has no {part:?}");
            assert_eq!(next.is_empty(), word == "so", "{why}");
        }
    }
}
