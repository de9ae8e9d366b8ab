//! The acts on the deployment of Dynamics: certificate rows and servers. Rows of other types are read and never touched.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::script::{ask, thumbprint};
use super::{Did, Fault, Look, Work, told};
use crate::cert::digest::hex_upper;
use crate::node::powershell::{
    CertificateType, CrmCertificate, GetCrmCertificate, GetCrmServer, RemoveCrmCertificate, SetCrmCertificate,
};
use crate::ports::{FileError, FileFault};
use crate::protocol::{
    Action, CrmCertificateRemove, CrmCertificateSet, Facts, Hex, Id, List, Refusal, RefusalCode, Row, RowType, Rows,
    Server, Servers, Text,
};

/// Where the certificate for a row lies while it is written. It is public.
const FOLDER: &str = "certificates";

/// Returns the word of Dynamics.
pub(super) fn word(kind: RowType) -> CertificateType {
    match kind {
        RowType::S2STokenIssuer => CertificateType::S2sTokenIssuer,
        RowType::AlternativeS2STokenIssuer => CertificateType::AlternativeS2sTokenIssuer,
    }
}

/// Reads the rows.
pub(super) fn rows(work: &Work<'_>) -> Result<Look, Fault> {
    Ok(Look::of(facts(&read(work)?)))
}

/// Reads the servers.
pub(super) fn servers(work: &Work<'_>) -> Result<Look, Fault> {
    let servers = ask(&GetCrmServer, work)?.servers;
    let servers = servers.iter().map(|one| Server {
        name: Text::told(&one.full_name),
        roles: Text::told(&one.roles),
        state: Text::told(&one.state),
        version: Text::told(&one.version),
    });
    Ok(Look::of(Facts::Servers(Servers { servers: List::first(servers) })))
}

/// Looks whether exactly one row of a type exists and holds a certificate.
pub(super) fn names(kind: RowType, wanted: &Hex<20>, work: &Work<'_>) -> Result<Look, Fault> {
    let rows = read(work)?;
    let mut of_type = rows.iter().filter(|row| row.certificate_type == word(kind).word());
    let holds = of_type.next().is_some_and(|row| thumbprint(&row.data) == Some(*wanted)) && of_type.next().is_none();
    Ok(Look::probe(holds, facts(&rows)))
}

/// Looks whether a row holds the certificate already.
pub(super) fn is_set(asked: &CrmCertificateSet, work: &Work<'_>) -> Result<Look, Fault> {
    names(asked.certificate_type, &told::thumbprint_of(asked.certificate.as_bytes()), work)
}

/// Writes the row, if it is what the request expects; the script compares once more when it writes.
pub(super) fn set(asked: &CrmCertificateSet, work: &Work<'_>) -> Result<Did, Fault> {
    let kind = word(asked.certificate_type);
    let before = read(work)?;
    let before: Vec<&CrmCertificate> = before.iter().filter(|row| row.certificate_type == kind.word()).collect();
    let seen: Vec<Option<Hex<20>>> = before.iter().map(|row| thumbprint(&row.data)).collect();
    if seen != asked.expected.map(Some).into_iter().collect::<Vec<_>>() {
        let why =
            format!("the rows of type {} are not what the request expects: there are {}", kind.word(), seen.len());
        let next = "observe the rows again, and plan with what is there now";
        return Err(Fault::Refused(Refusal::new(RefusalCode::Moved, &why, next)));
    }
    let missing = || FileError::new(work.place, FileFault::NotFound);
    let folder = work.folder.as_ref().ok_or_else(missing)?.create(FOLDER)?;
    let new = told::thumbprint_of(asked.certificate.as_bytes());
    let name = format!("{}.cer", hex_upper(new.as_bytes()));
    folder.write(&name, asked.certificate.as_bytes())?;
    let request = SetCrmCertificate {
        certificate_type: kind,
        expected_data: before.iter().map(|row| row.data.as_str()).collect::<Vec<_>>().join("|"),
        data_file: folder.path().join(&name).display().to_string(),
        name: asked.name.as_ref().map(|name| name.as_str().to_owned()),
    };
    let after = ask(&request, work);
    folder.remove(&name)?;
    let after = after?.rows;
    let undo = match before.first() {
        Some(row) => row.data.parse().ok().map(|certificate| {
            let (expected, name) = (Some(new), None);
            Action::CrmCertificateSet(CrmCertificateSet { certificate, expected, name, ..asked.clone() })
        }),
        None => after.iter().find(|row| row.certificate_type == kind.word()).map(|row| {
            let (certificate_type, id) = (asked.certificate_type, Id::word(&row.id));
            Action::CrmCertificateRemove(CrmCertificateRemove { certificate_type, id })
        }),
    };
    Ok(Did { changed: true, facts: facts(&after), undo })
}

/// Looks whether a row is gone.
pub(super) fn is_removed(asked: &CrmCertificateRemove, work: &Work<'_>) -> Result<Look, Fault> {
    let rows = read(work)?;
    Ok(Look::probe(!rows.iter().any(|row| row.id == asked.id.as_str()), facts(&rows)))
}

/// Removes one row.
pub(super) fn remove(asked: &CrmCertificateRemove, work: &Work<'_>) -> Result<Did, Fault> {
    let before = read(work)?.into_iter().find(|row| row.id == asked.id.as_str());
    let request =
        RemoveCrmCertificate { id: asked.id.as_str().to_owned(), certificate_type: word(asked.certificate_type) };
    let removed = ask(&request, work)?;
    let certificate = before.and_then(|row| row.data.parse().ok()).filter(|_| removed.removed);
    let undo = certificate.map(|certificate| {
        let certificate_type = asked.certificate_type;
        Action::CrmCertificateSet(CrmCertificateSet { certificate_type, certificate, expected: None, name: None })
    });
    Ok(Did { changed: removed.removed, facts: facts(&removed.rows), undo })
}

fn read(work: &Work<'_>) -> Result<Vec<CrmCertificate>, Fault> {
    Ok(ask(&GetCrmCertificate, work)?.rows)
}

fn facts(rows: &[CrmCertificate]) -> Facts {
    let row = |row: &CrmCertificate| Row {
        id: Text::told(&row.id),
        name: Text::told(&row.name),
        certificate_type: Text::told(&row.certificate_type),
        thumbprint: thumbprint(&row.data),
        certificate: BASE64.decode(&row.data).ok().and_then(crate::protocol::Octets::new),
        store_name: Text::told(&row.store_name),
        store_location: Text::told(&row.store_location),
        store_find_type: Text::told(&row.store_find_type),
    };
    Facts::Rows(Rows { rows: List::first(rows.iter().map(row)) })
}
