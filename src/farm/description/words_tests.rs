//! Which texts are words of a description, and which are not.

use super::*;

#[test]
fn a_host_is_a_host_and_nothing_that_a_program_could_take_for_something_else() {
    for good in ["crm-web-1", "crm-web-1.contoso.com", "CRM01", "10.0.0.7", "fe80::1", "3com.contoso.com"] {
        assert_eq!(Address::fault(good), None, "{good}");
    }
    let long = "a".repeat(64);
    for bad in [
        "",
        "-oProxyCommand=x",
        "a b",
        "a..b",
        ".a",
        "a.",
        "a-",
        "user@host",
        "host:22",
        "[fe80::1]",
        "a/b",
        "a\\b",
        "10.0.0",
        "10.0.0.256",
        "1",
        "crm_web",
        "crм",
        "a\n",
        long.as_str(),
        "fe80::1%eth0",
    ] {
        assert!(Address::fault(bad).is_some(), "{bad}");
    }
}

#[test]
fn a_folder_is_read_alike_by_every_shell() {
    for good in ["/opt/s2scert", r"C:\PROGRA~1\s2scert", r"d:\tools", "/srv/lab/crm-web-1"] {
        assert_eq!(Folder::fault(good), None, "{good}");
    }
    for bad in [
        "",
        "/",
        "opt",
        "~/s2scert",
        "/opt/~x",
        "/opt/../etc",
        "/opt/-x",
        "/opt//x",
        "/opt/a b",
        "/opt/$(id)",
        "/opt/a;b",
        r"C:\Program Files\s2scert",
        r"C:s2scert",
        r"\\server\share",
        r"C:\a&b",
        r"C:\a%b%",
        r"1:\a",
        "C:/a",
        "/opt/\u{e9}",
        "/opt/a\n",
    ] {
        assert!(Folder::fault(bad).is_some(), "{bad}");
    }
}

#[test]
fn a_url_has_a_scheme_a_host_and_no_user() {
    for good in
        ["https://crm.contoso.com", "HTTPS://crm/x?orgName=a", "http://[fe80::1]:8080/", "https://crm:443/a%20b"]
    {
        assert_eq!(Url::fault(good), None, "{good}");
    }
    for (url, port) in [("https://crm", 443), ("https://crm:8443/a:1?b:2", 8443), ("https://[::1]/", 443)] {
        assert_eq!(Url(url.to_owned()).port(), port, "{url}");
    }
    for bad in [
        "crm.contoso.com",
        "ftp://crm/",
        "https://",
        "https://u:p@crm/",
        "https://crm:0/",
        "https://crm:x/",
        "https://-a/",
        "https://crm/a b",
        "https://crm/#x",
        "https://crm/\u{e9}",
    ] {
        assert!(Url::fault(bad).is_some(), "{bad}");
    }
    let url = Url("https://CRM/x.svc/json?a=b&ORGNAME=Sales".to_owned());
    assert_eq!(
        (url.parameter("orgName"), url.folded().as_str()),
        (Some("Sales"), "https://crm/x.svc/json?a=b&ORGNAME=Sales")
    );
}

#[test]
fn offsets_names_and_commands_have_their_form() {
    for (text, fits) in
        [("+01:00", true), ("-05:30", true), ("01:00", false), ("+1:00", false), ("+15:00", false), ("+01:60", false)]
    {
        assert_eq!(Offset::fault(text).is_none(), fits, "{text}");
    }
    let pin = "0a".repeat(32);
    let colons = vec!["0A"; 32].join(":");
    for (text, fits) in [(pin.as_str(), true), (&colons, true), (&pin[1..], false), ("", false), ("zz", false)] {
        assert_eq!(Pin::fault(text).is_none(), fits, "{text}");
    }
    assert_eq!(Pin(colons).fingerprint(), Pin(pin).fingerprint());
    for (text, fits) in [("crm-web-1", true), ("Sales_2", true), ("-x", false), ("", false), ("a b", false)] {
        assert_eq!(Name::fault(text).is_none(), fits, "{text}");
    }
    assert!(ArgumentList::try_from(Vec::new()).is_err());
    assert!(ArgumentList::try_from(vec!["iisreset".to_owned(), "/noforce".to_owned()]).is_ok());
}
