//! The scripts by name, put together from constant files, and the arguments that start one.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const FRAME: &str = include_str!("frame.ps1");

/// The line of the frame that gives way to the body.
const BODY: &str = "    # body\n";

/// Whether a script works without credentials for other machines.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Needs {
    /// It touches this machine only.
    Local,
    /// It reaches SQL Server, a web service or a domain controller as the caller.
    NetworkIdentity,
}

/// Whether a script changes anything.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// It reads only.
    Observes,
    /// It changes something; where its outcome is unclear, look before it is repeated.
    Changes,
}

/// A script that the bridge can run.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Script {
    /// The name, that of its main file.
    pub name: &'static str,
    /// What it needs.
    pub needs: Needs,
    /// What it does to the machine.
    pub effect: Effect,
    /// How long it may run. Loading the cmdlets of SharePoint alone takes a minute on a cold server.
    pub deadline: Duration,
    parts: &'static [&'static str],
}

/// Makes one constant per script, and the list of all.
macro_rules! scripts {
    ($($(#[$doc:meta])* $constant:ident = $name:literal, $needs:ident, $effect:ident, $seconds:literal,
        [$($part:literal),+];)+) => {
        $($(#[$doc])* pub const $constant: Script = Script {
            name: $name,
            needs: Needs::$needs,
            effect: Effect::$effect,
            deadline: Duration::from_secs($seconds),
            parts: &[$(include_str!(concat!($part, ".ps1"))),+],
        };)+

        /// Every script, in the order of docs/powershell.md.
        pub const SCRIPTS: &[Script] = &[$($constant),+];
    };
}

scripts! {
    /// What PowerShell is there, and what of a call it writes down.
    DESCRIBE = "Describe", Local, Observes, 60, ["Describe"];
    /// Whether this session has credentials to go on with.
    NETWORK_IDENTITY = "NetworkIdentity", NetworkIdentity, Observes, 60, ["NetworkIdentity"];
    /// Which CertificateReconfiguration.ps1 would run.
    LOCATE_RECONFIGURATION =
        "LocateReconfiguration", Local, Observes, 60, ["FindReconfiguration", "LocateReconfiguration"];
    /// Microsoft's script.
    CERTIFICATE_RECONFIGURATION =
        "CertificateReconfiguration", NetworkIdentity, Changes, 900,
        ["FindReconfiguration", "CertificateReconfiguration"];
    /// The certificate rows.
    GET_CRM_CERTIFICATE =
        "GetCrmCertificate", NetworkIdentity, Observes, 180, ["CrmSnapin", "GetCrmCertificate"];
    /// Writes one row.
    SET_CRM_CERTIFICATE =
        "SetCrmCertificate", NetworkIdentity, Changes, 180, ["CrmSnapin", "SetCrmCertificate"];
    /// Removes one row.
    REMOVE_CRM_CERTIFICATE =
        "RemoveCrmCertificate", NetworkIdentity, Changes, 180, ["CrmSnapin", "RemoveCrmCertificate"];
    /// The servers of the deployment.
    GET_CRM_SERVER = "GetCrmServer", NetworkIdentity, Observes, 180, ["CrmSnapin", "GetCrmServer"];
    /// The services of Dynamics, of SharePoint's timer and of IIS.
    GET_SERVICES = "GetServices", Local, Observes, 60, ["GetServices"];
    /// Restarts one service.
    RESTART_SERVICE = "RestartService", Local, Changes, 300, ["RestartService"];
    /// The application pools.
    GET_APP_POOLS = "GetAppPools", Local, Observes, 60, ["GetAppPools"];
    /// Recycles one application pool.
    RECYCLE_APP_POOL = "RecycleAppPool", Local, Changes, 120, ["RecycleAppPool"];
    /// Restarts the web server.
    RESET_IIS = "ResetIis", Local, Changes, 300, ["ResetIis"];
    /// What SharePoint trusts.
    GET_SHAREPOINT_TRUSTS =
        "GetSharePointTrusts", NetworkIdentity, Observes, 300, ["SharePoint", "GetSharePointTrusts"];
    /// The job that reads metadata.
    GET_METADATA_JOB =
        "GetMetadataJob", NetworkIdentity, Observes, 300, ["SharePoint", "MetadataJob", "MetadataJobState"];
    /// Starts the job.
    START_METADATA_JOB =
        "StartMetadataJob", NetworkIdentity, Changes, 300,
        ["SharePoint", "MetadataJob", "StartMetadataJob", "MetadataJobState"];
    /// Holds the job.
    HOLD_METADATA_JOB =
        "HoldMetadataJob", NetworkIdentity, Changes, 300,
        ["SharePoint", "MetadataJob", "HoldMetadataJob", "MetadataJobState"];
    /// Releases the job.
    RELEASE_METADATA_JOB =
        "ReleaseMetadataJob", NetworkIdentity, Changes, 300,
        ["SharePoint", "MetadataJob", "ReleaseMetadataJob", "MetadataJobState"];
    /// Events of the Application log that speak of certificates.
    GET_EVENTS = "GetEvents", Local, Observes, 180, ["GetEvents"];
    /// From when on the deployment warns of its certificates.
    GET_CRM_MONITORING = "GetCrmMonitoring", NetworkIdentity, Observes, 180, ["CrmSnapin", "GetCrmMonitoring"];
    /// Hands a request to the program on another server. Each request brings a deadline of its own.
    ASK_NODE = "AskNode", NetworkIdentity, Changes, 900, ["OpenSession", "AskNode"];
    /// Puts the program on another server.
    PUT_ON_NODE = "PutOnNode", NetworkIdentity, Changes, 900, ["OpenSession", "PutOnNode"];
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The text would hide the error that holds the script.
        f.debug_tuple("Script").field(&self.name).finish()
    }
}

impl Script {
    /// Returns the script of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SCRIPTS.iter().find(|script| script.name == name)
    }

    /// Returns the files that the script is made of, the frame first.
    pub fn sources(&self) -> Vec<&'static str> {
        [FRAME].into_iter().chain(self.parts.iter().copied()).collect()
    }

    /// Returns the whole text. It is the same for every call.
    pub fn text(&self) -> String {
        Self::assembled(&self.sources())
    }

    /// Puts a frame and the parts of its body together, comments and empty lines left out.
    pub fn assembled(sources: &[&str]) -> String {
        let (frame, parts) = sources.split_first().unwrap_or((&"", &[]));
        let whole = Self::framed(frame, &parts.concat());
        let kept = whole.lines().filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty());
        kept.map(|line| format!("{line}\n")).collect()
    }

    /// Puts a body into a frame, comments and all.
    pub fn framed(frame: &str, body: &str) -> String {
        frame.replacen(BODY, body, 1)
    }

    /// Returns the arguments of `powershell.exe`: the text as base64 of UTF-16LE. They hold no datum of a call.
    pub fn arguments(&self) -> Vec<String> {
        let units: Vec<u8> = self.text().encode_utf16().flat_map(u16::to_le_bytes).collect();
        let fixed =
            ["-NoProfile", "-NonInteractive", "-InputFormat", "Text", "-OutputFormat", "Text", "-EncodedCommand"];
        fixed.into_iter().map(str::to_owned).chain([STANDARD.encode(units)]).collect()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    /// What a command line of Windows holds, in UTF-16 units, its NUL included.
    const COMMAND_LINE: usize = 32_767;

    /// Room for the path of powershell.exe, quotes and spaces.
    const PATH: usize = 300;

    #[test]
    fn every_script_fits_into_a_command_line() {
        for script in SCRIPTS {
            let length: usize = script.arguments().iter().map(|argument| argument.len() + 1).sum();
            assert!(length + PATH < COMMAND_LINE, "{}: {length}", script.name);
        }
    }

    #[test]
    fn what_is_encoded_is_frame_and_body_once_each() {
        for script in SCRIPTS {
            let encoded = script.arguments().pop().unwrap();
            let bytes = STANDARD.decode(encoded).unwrap();
            let units: Vec<u16> = bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            let text = String::from_utf16(&units).unwrap();
            assert_eq!(text, script.text());
            assert_eq!(text.matches("$Request = $input").count(), 1, "{}", script.name);
            assert_eq!(text.matches("$Value = [ordered]@{").count().min(1), 1, "{}", script.name);
            assert!(text.is_ascii() && !text.contains("# "), "{}", script.name);
        }
    }

    #[test]
    fn every_script_that_changes_says_how_far_it_came() {
        for script in SCRIPTS {
            let stages = script.text().matches("$Stage = 'running'").count();
            assert_eq!(stages > 0, script.effect == Effect::Changes, "{}", script.name);
            assert_eq!(script.text().matches("$Stage = 'after'").count(), stages, "{}", script.name);
        }
    }

    #[test]
    fn names_are_unique_and_found() {
        for script in SCRIPTS {
            assert_eq!(Script::named(script.name), Some(script));
            assert_eq!(SCRIPTS.iter().filter(|other| other.name == script.name).count(), 1);
        }
        assert!(Script::named("Contoso").is_none());
    }
}
