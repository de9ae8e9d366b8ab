//! The identifiers that every Windows has, whatever its display language. Source: [MS-DTYP] 2.4.2.4, and for the names in
//! SDDL 2.5.1.1.

use super::Sid;

/// A well-known identity.
#[derive(Clone, Copy, Debug)]
pub struct WellKnown {
    /// The name in English.
    pub name: &'static str,
    /// The two letters of SDDL, where there are some.
    pub alias: Option<&'static str>,
    authority: u64,
    sub_authorities: &'static [u32],
}

/// The sub-authority of the groups that Windows brings, `SECURITY_BUILTIN_DOMAIN_RID`.
const BUILTIN: u32 = 32;

impl WellKnown {
    const fn new(name: &'static str, alias: &'static str, authority: u64, sub_authorities: &'static [u32]) -> Self {
        let alias = if alias.is_empty() { None } else { Some(alias) };
        Self { name, alias, authority, sub_authorities }
    }

    /// Returns the identifier.
    #[must_use]
    pub fn sid(&self) -> Sid {
        Sid::of(self.authority, self.sub_authorities)
    }

    fn is(&self, sid: &Sid) -> bool {
        self.authority == sid.authority() && self.sub_authorities == sid.sub_authorities()
    }
}

/// SYSTEM, which the services of Windows run as.
pub const SYSTEM: WellKnown = WellKnown::new("SYSTEM", "SY", 5, &[18]);
/// LOCAL SERVICE.
pub const LOCAL_SERVICE: WellKnown = WellKnown::new("LOCAL SERVICE", "LS", 5, &[19]);
/// NETWORK SERVICE, under which Dynamics runs where it has no account of its own.
pub const NETWORK_SERVICE: WellKnown = WellKnown::new("NETWORK SERVICE", "NS", 5, &[20]);
/// The local administrators.
pub const ADMINISTRATORS: WellKnown = WellKnown::new("Administrators", "BA", 5, &[BUILTIN, 544]);
/// Everyone.
pub const EVERYONE: WellKnown = WellKnown::new("Everyone", "WD", 1, &[0]);
/// Everybody who has logged on.
pub const AUTHENTICATED_USERS: WellKnown = WellKnown::new("Authenticated Users", "AU", 5, &[11]);
/// The local users.
pub const USERS: WellKnown = WellKnown::new("Users", "BU", 5, &[BUILTIN, 545]);
/// The group that every worker process of IIS belongs to.
pub const IIS_IUSRS: WellKnown = WellKnown::new("IIS_IUSRS", "IS", 5, &[BUILTIN, 568]);

/// Every identity that is known by name.
pub const ALL: &[WellKnown] = &[
    SYSTEM,
    LOCAL_SERVICE,
    NETWORK_SERVICE,
    ADMINISTRATORS,
    EVERYONE,
    AUTHENTICATED_USERS,
    USERS,
    IIS_IUSRS,
    WellKnown::new("CREATOR OWNER", "CO", 3, &[0]),
    WellKnown::new("CREATOR GROUP", "CG", 3, &[1]),
    WellKnown::new("OWNER RIGHTS", "OW", 3, &[4]),
    WellKnown::new("NETWORK", "NU", 5, &[2]),
    WellKnown::new("BATCH", "", 5, &[3]),
    WellKnown::new("INTERACTIVE", "IU", 5, &[4]),
    WellKnown::new("SERVICE", "SU", 5, &[6]),
    WellKnown::new("ANONYMOUS LOGON", "AN", 5, &[7]),
    WellKnown::new("SELF", "PS", 5, &[10]),
    WellKnown::new("RESTRICTED", "RC", 5, &[12]),
    WellKnown::new("IUSR", "", 5, &[17]),
    WellKnown::new("WRITE RESTRICTED", "WR", 5, &[33]),
    WellKnown::new("Guests", "BG", 5, &[BUILTIN, 546]),
    WellKnown::new("Power Users", "PU", 5, &[BUILTIN, 547]),
    WellKnown::new("Account Operators", "AO", 5, &[BUILTIN, 548]),
    WellKnown::new("Server Operators", "SO", 5, &[BUILTIN, 549]),
    WellKnown::new("Print Operators", "PO", 5, &[BUILTIN, 550]),
    WellKnown::new("Backup Operators", "BO", 5, &[BUILTIN, 551]),
    WellKnown::new("Remote Desktop Users", "RD", 5, &[BUILTIN, 555]),
    WellKnown::new("ALL SERVICES", "", 5, &[80, 0]),
    WellKnown::new("ALL APPLICATION PACKAGES", "AC", 15, &[2, 1]),
    WellKnown::new("Low Mandatory Level", "LW", 16, &[4096]),
    WellKnown::new("Medium Mandatory Level", "ME", 16, &[8192]),
    WellKnown::new("High Mandatory Level", "HI", 16, &[12288]),
    WellKnown::new("System Mandatory Level", "SI", 16, &[16384]),
];

/// The domains before a name that say nothing about which identity it is: NETWORK SERVICE and NT AUTHORITY\NETWORK
/// SERVICE are one.
const DOMAINS: [&str; 2] = ["NT AUTHORITY", "BUILTIN"];

/// Returns the well-known identity of an English name, with or without `NT AUTHORITY\` or `BUILTIN\`; a service for
/// `NT SERVICE\name`, the virtual account of an application pool for `IIS AppPool\name`. Letter case does not matter.
#[must_use]
pub fn by_name(name: &str) -> Option<Sid> {
    let (domain, account) = name.split_once('\\').map_or(("", name), |(domain, account)| (domain.trim(), account));
    let account = account.trim();
    if account.is_empty() || account.contains('\\') {
        return None;
    }
    if domain.eq_ignore_ascii_case("NT SERVICE") && !account.eq_ignore_ascii_case("ALL SERVICES") {
        return Some(Sid::of_service(account));
    }
    if domain.eq_ignore_ascii_case("IIS AppPool") {
        return Some(Sid::of_application_pool(account));
    }
    let known_domain = domain.is_empty()
        || domain.eq_ignore_ascii_case("NT SERVICE")
        || DOMAINS.iter().any(|known| known.eq_ignore_ascii_case(domain));
    // LocalSystem and NetworkService are how the service manager writes them.
    let spaced = match account.to_ascii_lowercase().as_str() {
        "localsystem" => "SYSTEM",
        "networkservice" => "NETWORK SERVICE",
        "localservice" => "LOCAL SERVICE",
        _ => account,
    };
    let found = ALL.iter().find(|one| one.name.eq_ignore_ascii_case(spaced))?;
    known_domain.then(|| found.sid())
}

/// Returns the identity of two letters of SDDL.
#[must_use]
pub fn by_alias(alias: &str) -> Option<Sid> {
    ALL.iter().find(|one| one.alias.is_some_and(|known| known.eq_ignore_ascii_case(alias))).map(WellKnown::sid)
}

/// Returns what is known of an identifier.
#[must_use]
pub fn of(sid: &Sid) -> Option<&'static WellKnown> {
    ALL.iter().find(|one| one.is(sid))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    #[test]
    fn names_are_found_with_and_without_their_domain() {
        for (name, sid) in [
            ("NETWORK SERVICE", "S-1-5-20"),
            ("nt authority\\network service", "S-1-5-20"),
            ("NT AUTHORITY\\NetworkService", "S-1-5-20"),
            ("LocalSystem", "S-1-5-18"),
            ("BUILTIN\\Administrators", "S-1-5-32-544"),
            ("everyone", "S-1-1-0"),
            ("BUILTIN\\IIS_IUSRS", "S-1-5-32-568"),
            ("NT SERVICE\\ALL SERVICES", "S-1-5-80-0"),
        ] {
            assert_eq!(by_name(name).unwrap().to_string(), sid, "{name}");
        }
        assert_eq!(by_name("NT SERVICE\\MSCRMAsyncService").unwrap(), Sid::of_service("MSCRMASYNCSERVICE"));
        assert_eq!(by_name("IIS APPPOOL\\CRMAppPool").unwrap(), Sid::of_application_pool("crmapppool"));
    }

    #[test]
    fn an_account_of_a_domain_is_not_taken_for_a_known_one() {
        for name in ["CONTOSO\\Administrators", "CONTOSO\\SYSTEM", "", "\\", "NT SERVICE\\", "a\\b\\c", "crmsvc"] {
            assert_eq!(by_name(name), None, "{name}");
        }
    }

    #[test]
    fn aliases_and_identifiers_are_there_once() {
        for (place, one) in ALL.iter().enumerate() {
            assert!(ALL[..place].iter().all(|other| other.sid() != one.sid()), "{}", one.name);
            if let Some(alias) = one.alias {
                assert_eq!(by_alias(alias).unwrap(), one.sid(), "{alias}");
            }
            assert_eq!(of(&one.sid()).unwrap().name, one.name);
        }
    }
}
