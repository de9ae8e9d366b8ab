//! `rotate verify --token`: a server that signs asks each site of `app_only` with a token of the new key.

use std::path::Path;
use std::time::Duration;

use super::verify::ProofLine;
use crate::app::farm::metadata::authorities_of;
use crate::cert::Thumbprint;
use crate::error::{Error, Kind, Result};
use crate::farm::description::{Farm, Node, SharePoint, Transport as How, Trust, Url};
use crate::ports::{Host, Transport};
use crate::protocol::{
    Action, Facts, Hex, Id, Issuer, Lifetime, List, Nothing, Octets, Realm, Request, Site, TokenOrder, Trusts,
};
use crate::rotation::engine::Verdict;
use crate::rotation::observe::reached;
use crate::rotation::token::{self, Meaning, Question};

/// How long a token lives, in seconds: both questions, and clocks that differ a little.
const LIFETIME: u32 = 300;
/// How long a server may take, in seconds. SharePoint's own cmdlets need most of it.
const LOOK: u32 = 300;
/// How much longer its answer is waited for, in seconds.
const ON_THE_WAY: u64 = 30;

/// What is asked for.
pub(super) struct Asked<'a> {
    pub(super) host: &'a Host,
    pub(super) farm: &'a Farm,
    /// The file of the description, beside which its authorities are.
    pub(super) description: &'a Path,
    pub(super) transport: &'a dyn Transport,
    /// The certificate whose key signs.
    pub(super) thumbprint: Hex<20>,
}

/// Asks every site of `app_only`, one line each.
///
/// # Errors
/// When farm.toml names no such site.
pub(super) fn lines(asked: &Asked<'_>) -> Result<Vec<ProofLine>> {
    let trusts = asked.farm.sharepoint.iter().flat_map(|farm| farm.trusts.iter().map(move |trust| (farm, trust)));
    let trusts: Vec<_> = trusts.filter(|(_, trust)| !trust.app_only.is_empty()).collect();
    if trusts.is_empty() {
        return Err(Error::new(Kind::Usage, "farm.toml names no site in which Dynamics has app-only permission")
            .hint("name such sites under app_only in the table sharepoint.trust (docs/farm.md)")
            .hint("or prove the rest without a token: s2scert rotate verify"));
    }
    Ok(trusts.into_iter().flat_map(|(farm, trust)| of_trust(asked, farm, trust)).collect())
}

fn of_trust(asked: &Asked<'_>, farm: &SharePoint, trust: &Trust) -> Vec<ProofLine> {
    let (signer, known) = (signer(asked.farm), known(asked, farm, trust));
    let name = signer.as_ref().map_or_else(|_| "no server".to_owned(), |node| node.name.to_string());
    let line = |site: &Url| {
        let meaning = match (&signer, &known) {
            (Ok(node), Ok((trusts, issuer))) => order(asked, farm, site.as_str(), trusts, issuer)
                .and_then(|order| ask(asked, node, trust, order, accepts(issuer, &asked.thumbprint))),
            (Err(why), _) | (_, Err(why)) => Err(why.clone()),
        };
        let Meaning { verdict, next } = meaning.unwrap_or_else(unseen);
        let (verdict, why) = verdict.parts();
        ProofLine { node: name.clone(), what: format!("a token of the new key opens {site}"), verdict, why, next }
    };
    trust.app_only.iter().map(line).collect()
}

fn unseen(why: String) -> Meaning {
    Meaning { verdict: Verdict::Unseen(why), next: vec!["see what is in the way: s2scert doctor".to_owned()] }
}

/// Returns the server that signs: the one that writes the row, where it signs, else the first that does.
fn signer(farm: &Farm) -> std::result::Result<&Node, String> {
    let writes = farm.update_crm.as_ref().and_then(|update| farm.node(update.node.as_str()));
    let fits = |node: &&Node| node.signs() && node.transport != How::Manual;
    let found = writes.filter(|node| fits(node)).or_else(|| farm.nodes.iter().find(fits));
    found.ok_or_else(|| "every server that signs is looked after by people".to_owned())
}

/// Asks SharePoint for its realm, and for the trust as it knows it.
fn known(asked: &Asked<'_>, farm: &SharePoint, trust: &Trust) -> std::result::Result<(Trusts, Issuer), String> {
    let server = reached(asked.farm, farm).next();
    let server = server.ok_or_else(|| format!("every server of {} is looked after by people", farm.name))?;
    let Facts::Trusts(trusts) = see(asked, server, Action::SharepointTrusts(Nothing {}))? else {
        return Err(format!("{} tells no trusts", server.name));
    };
    let issuer = trusts.issuers.iter().find(|issuer| issuer.name.as_str() == trust.name.as_str()).cloned();
    let issuer = issuer.ok_or_else(|| format!("SharePoint has no trust with the name {}", trust.name))?;
    Ok((trusts, issuer))
}

fn order(
    asked: &Asked<'_>,
    farm: &SharePoint,
    site: &str,
    trusts: &Trusts,
    issuer: &Issuer,
) -> std::result::Result<TokenOrder, String> {
    let registered = issuer.registered_name.as_str();
    let issuer_realm = issuer
        .realm_of_dynamics()
        .ok_or_else(|| format!("the trust is registered as {registered:?}, which is not Dynamics with a realm"))?;
    let realm = |text: &str| text.parse::<Realm>().map_err(|why| format!("{text:?}: {why}"));
    let authorities = authorities_of(asked.host, asked.farm, farm, asked.description)?;
    let authorities = authorities.into_iter().map(Octets::new).collect::<Option<Vec<_>>>();
    Ok(TokenOrder {
        thumbprint: asked.thumbprint,
        site: site.parse::<Site>().map_err(str::to_owned)?,
        realm: realm(trusts.realm.as_str())?,
        issuer_realm: realm(issuer_realm)?,
        seconds: Lifetime::try_from(LIFETIME)?,
        authorities: List::first(authorities.ok_or("an authority of tls_ca is too large")?),
    })
}

fn ask(
    asked: &Asked<'_>,
    node: &Node,
    trust: &Trust,
    order: TokenOrder,
    accepted: bool,
) -> std::result::Result<Meaning, String> {
    let Facts::Token(facts) = see(asked, node, Action::Token(order))? else {
        return Err(format!("{} tells nothing of a site", node.name));
    };
    let (node, trust) = (node.name.as_str(), trust.name.as_str());
    Ok(token::read(&facts, &Question { node, trust, accepted, seconds: LIFETIME }))
}

fn see(asked: &Asked<'_>, node: &Node, action: Action) -> std::result::Result<Facts, String> {
    let request = Request::new(Id::word("verify-token"), LOOK, None, action);
    let patience = Duration::from_secs(u64::from(LOOK) + ON_THE_WAY);
    let answer = asked.transport.ask(node, &request, patience).map_err(|error| error.why)?;
    answer.outcome.shown().map_err(|unshown| unshown.why.as_str().to_owned())
}

fn accepts(issuer: &Issuer, thumbprint: &Hex<20>) -> bool {
    issuer.certificates.iter().any(|der| Thumbprint::of(der.as_bytes()).as_bytes() == thumbprint.as_bytes())
}
