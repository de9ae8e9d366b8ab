//! What `farm status` has to say of each breakage: these findings and these gaps, and no others.

/// The findings as `id about`, the gaps as `server: part of the reason`.
pub(super) struct Expected {
    pub(super) name: &'static str,
    pub(super) findings: &'static [&'static str],
    pub(super) gaps: &'static [&'static str],
}

const fn findings(name: &'static str, findings: &'static [&'static str]) -> Expected {
    Expected { name, findings, gaps: &[] }
}

const fn gap(name: &'static str, gaps: &'static [&'static str]) -> Expected {
    Expected { name, findings: &[], gaps }
}

/// The rows of the table, one for each breakage of the lab.
pub(super) const EXPECTED: &[Expected] = &[
    findings("certificate-missing", &["row-certificate-missing crm-web-2"]),
    findings("subject-twice", &["subject-twice crm-web-1"]),
    findings("other-certificate", &["other-certificate-behind-subject crm-web-2"]),
    findings("key-without-read", &["key-not-readable crm-web-1"]),
    findings("key-missing", &["key-missing crm-async-1"]),
    findings("key-of-another", &["key-of-another-certificate crm-async-1"]),
    findings("chain-missing", &["chain-missing crm-async-1"]),
    findings(
        "row-old",
        &[
            "row-certificate-missing crm-async-1",
            "row-certificate-missing crm-web-1",
            "row-certificate-missing crm-web-2",
            "row-certificate-missing crm-web-3",
            "trust-lacks-certificate crm in intranet",
        ],
    ),
    findings(
        "row-expired",
        &[
            "expired crm-web-1",
            "expired sales on crm-web-1",
            "expired sales on crm-web-2",
            "expired sales on crm-web-3",
            "row-certificate-missing crm-async-1",
            "row-certificate-missing crm-web-1",
            "row-certificate-missing crm-web-2",
            "row-certificate-missing crm-web-3",
            "trust-lacks-certificate crm in intranet",
        ],
    ),
    findings(
        "row-missing",
        &["metadata-empty crm-web-1", "metadata-empty crm-web-2", "metadata-empty crm-web-3", "row-missing crm-web-1"],
    ),
    findings(
        "row-twice",
        &[
            "row-certificate-missing crm-async-1",
            "row-certificate-missing crm-web-1",
            "row-certificate-missing crm-web-2",
            "row-certificate-missing crm-web-3",
            "row-twice crm-web-1",
            "trust-lacks-certificate crm in intranet",
        ],
    ),
    gap(
        "row-broken",
        &[
            "crm-web-1: certificate",
            "crm-web-1: key 1 of the document is no certificate",
            "crm-web-2: key 1 of the document is no certificate",
            "crm-web-3: key 1 of the document is no certificate",
        ],
    ),
    findings("row-shared", &["row-shared crm-web-1"]),
    findings("metadata-old", &["metadata-stale crm-web-3"]),
    findings("metadata-empty", &["metadata-empty crm-web-3"]),
    findings("metadata-ten", &["expired sales on crm-web-3", "expired sales on crm-web-3"]),
    gap("metadata-broken", &["crm-web-3: key 1 of the document is no certificate"]),
    gap("login-page", &["crm-web-3: the answer is a web page (\"Sign In\")"]),
    gap("redirect", &["crm-web-3: the server redirects to https://sts.contoso.com/"]),
    gap("unauthorized", &["crm-web-3: the server asks for a sign-in"]),
    gap("tls-expired", &["crm-web-3: the certificate of crm.contoso.com is not trusted: it is expired"]),
    gap("tls-missing", &["crm-web-3: what answers at crm.contoso.com does not speak TLS"]),
    gap("web-hangs", &["crm-web-3: no whole answer came from crm.contoso.com"]),
    gap("web-huge", &["crm-web-3: the answer of crm.contoso.com"]),
    findings("trust-old", &["trust-lacks-certificate crm in intranet"]),
    findings("trust-fixed", &["trust-not-from-metadata crm in intranet"]),
    findings("trust-missing", &["trust-missing crm in intranet"]),
    findings("trust-expired", &["expired crm in intranet"]),
    findings(
        "trust-issuer",
        &[
            "trust-issuer-differs crm in intranet, against crm-web-1",
            "trust-issuer-differs crm in intranet, against crm-web-2",
            "trust-issuer-differs crm in intranet, against crm-web-3",
        ],
    ),
    findings("job-disabled", &["refresh-job-off intranet"]),
    findings("job-missing", &["refresh-job-off intranet"]),
    findings("job-late", &["refresh-job-late intranet"]),
    findings(
        "service-account",
        &[
            "account-differs crm-async-1",
            "account-differs crm-web-1",
            "account-differs crm-web-2",
            "account-differs crm-web-3",
        ],
    ),
    findings("clock-apart", &["clocks-apart crm-async-1", "facts-from-the-future crm-async-1"]),
    gap("node-down", &["crm-web-2: nothing answers"]),
    gap("host-key", &["crm-web-2: host key"]),
    gap("node-hangs", &["crm-web-2: no whole answer"]),
    gap("node-stops", &["crm-web-2: no whole answer"]),
    gap("node-garbage", &["crm-web-2: no answer"]),
    gap("node-json", &["crm-web-2: no answer"]),
    gap("node-other", &["crm-web-2: another request"]),
    gap("node-html", &["crm-web-2: no answer"]),
    gap("node-huge", &["crm-web-2: longer than"]),
    gap("node-breaks", &["crm-web-2: broke"]),
];
