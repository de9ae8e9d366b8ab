//! What a person types on a server, as an end tells it, and what comes of it.

use super::acts::WEB;
use super::state::{RowKind, State};
use super::trace::{Cert, What};
use crate::cert::digest::hex_upper;

impl State {
    /// Runs one line that somebody was told to run on a server. `what` says what it is for.
    ///
    /// # Errors
    /// When it means nothing, or nothing there has such a name: the instruction is wrong.
    pub(super) fn typed(&mut self, node: &str, what: &str, line: &str) -> Result<(), String> {
        let wrong = || format!("{node}: `{line}` does nothing there");
        let node = self.places.get(node).copied().ok_or_else(wrong)?;
        self.advance(10);
        let quoted = |start: &str| line.strip_prefix(start)?.strip_suffix('\'');
        if let Some(name) = quoted("Restart-WebAppPool -Name '").or_else(|| quoted("Restart-Service -Name '")) {
            return self.restart(0, node, name).then_some(()).ok_or_else(wrong);
        }
        if line == "iisreset /noforce" {
            return self.restart(0, node, WEB).then_some(()).ok_or_else(wrong);
        }
        if line == "Get-CrmCertificate" {
            return Ok(());
        }
        if line.starts_with("Get-SPTimerJob | Where-Object { $_.Name -match 'RefreshMetadataFeed' } | ") {
            return self.job_by_hand(node, line).ok_or_else(wrong);
        }
        if let Some(rest) = line.strip_prefix("Remove-Item -Path Cert:\\LocalMachine\\My\\") {
            let cert = rest.strip_suffix(" -DeleteKey").and_then(|hex| self.cert_of_hex(hex)).ok_or_else(wrong)?;
            self.nodes[node].store.retain(|one| one.cert != cert);
            self.tell_as(0, What::Removed { node, cert, bound: false, all_new: true });
            return Ok(());
        }
        if let Some(rest) = line.strip_prefix("Set-CrmCertificate -CertificateType ") {
            let kind = kind(rest.split(' ').next().unwrap_or_default()).ok_or_else(wrong)?;
            let file = rest.rsplit("-DataFile ").next().and_then(|file| file.strip_suffix(".cer"));
            let cert = file.and_then(|hex| self.cert_of_hex(hex)).ok_or_else(wrong)?;
            self.write_row(kind, cert, 0);
            return Ok(());
        }
        if line == "Remove-CrmCertificate -Id ID" {
            // The page above the command says which row; its id is among what `Get-CrmCertificate` shows.
            let kind = what.split_whitespace().find_map(kind).ok_or_else(wrong)?;
            let rows = self.rows.iter().filter(|row| row.kind != kind).cloned().collect();
            self.change_rows(0, rows);
            return Ok(());
        }
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["lb", part @ ("drain" | "undrain"), name] => {
                let node = self.places.get(*name).copied().ok_or_else(wrong)?;
                self.nodes[node].drained = *part == "drain";
                Ok(())
            }
            _ => Err(wrong()),
        }
    }

    fn job_by_hand(&mut self, node: usize, line: &str) -> Option<()> {
        let farm = self.sharepoint.iter().position(|farm| farm.server == node)?;
        match line.rsplit(' ').next()? {
            "Start-SPTimerJob" => self.job_begins(farm),
            "Enable-SPTimerJob" => self.sharepoint[farm].held = false,
            "Disable-SPTimerJob" => self.sharepoint[farm].held = true,
            _ => return None,
        }
        self.advance(60);
        Some(())
    }

    fn cert_of_hex(&self, hex: &str) -> Option<Cert> {
        self.certs.iter().position(|one| hex_upper(one.thumbprint.as_bytes()) == hex).map(|place| place as Cert)
    }

    /// Servers come back, and nothing more goes wrong.
    pub(super) fn mend(&mut self) {
        self.faults = super::fault::Faults::default();
        let now = self.now;
        for node in &mut self.nodes {
            node.down_until = node.down_until.min(now);
        }
    }
}

fn kind(word: &str) -> Option<RowKind> {
    match word {
        "S2STokenIssuer" => Some(RowKind::Issuer),
        "AlternativeS2STokenIssuer" => Some(RowKind::Alternative),
        _ => None,
    }
}
