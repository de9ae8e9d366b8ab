//! The scripts by name, put together from constant files, and the arguments that start one.

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
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// The name, that of its main file.
    pub name: &'static str,
    /// What it needs.
    pub needs: Needs,
    /// What it does to the machine.
    pub effect: Effect,
    parts: &'static [&'static str],
}

macro_rules! script {
    ($name:literal, $needs:ident, $effect:ident, [$($part:literal),+]) => {
        Script {
            name: $name,
            needs: Needs::$needs,
            effect: Effect::$effect,
            parts: &[$(include_str!(concat!($part, ".ps1"))),+],
        }
    };
}

/// Every script, in the order of docs/powershell.md.
pub const SCRIPTS: &[Script] = &[
    script!("Describe", Local, Observes, ["Describe"]),
    script!("NetworkIdentity", NetworkIdentity, Observes, ["NetworkIdentity"]),
    script!("LocateReconfiguration", Local, Observes, ["FindReconfiguration", "LocateReconfiguration"]),
    script!(
        "CertificateReconfiguration",
        NetworkIdentity,
        Changes,
        ["FindReconfiguration", "CertificateReconfiguration"]
    ),
    script!("GetCrmCertificate", NetworkIdentity, Observes, ["CrmSnapin", "GetCrmCertificate"]),
    script!("SetCrmCertificate", NetworkIdentity, Changes, ["CrmSnapin", "SetCrmCertificate"]),
    script!("RemoveCrmCertificate", NetworkIdentity, Changes, ["CrmSnapin", "RemoveCrmCertificate"]),
    script!("GetCrmServer", NetworkIdentity, Observes, ["CrmSnapin", "GetCrmServer"]),
    script!("GetServices", Local, Observes, ["GetServices"]),
    script!("RestartService", Local, Changes, ["RestartService"]),
    script!("GetAppPools", Local, Observes, ["GetAppPools"]),
    script!("RecycleAppPool", Local, Changes, ["RecycleAppPool"]),
    script!("ResetIis", Local, Changes, ["ResetIis"]),
    script!("GetSharePointTrusts", NetworkIdentity, Observes, ["SharePoint", "GetSharePointTrusts"]),
    script!("GetMetadataJob", NetworkIdentity, Observes, ["SharePoint", "MetadataJob", "MetadataJobState"]),
    script!(
        "StartMetadataJob",
        NetworkIdentity,
        Changes,
        ["SharePoint", "MetadataJob", "StartMetadataJob", "MetadataJobState"]
    ),
    script!(
        "HoldMetadataJob",
        NetworkIdentity,
        Changes,
        ["SharePoint", "MetadataJob", "HoldMetadataJob", "MetadataJobState"]
    ),
    script!(
        "ReleaseMetadataJob",
        NetworkIdentity,
        Changes,
        ["SharePoint", "MetadataJob", "ReleaseMetadataJob", "MetadataJobState"]
    ),
];

impl Script {
    /// Returns the script of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        SCRIPTS.iter().find(|script| script.name == name)
    }

    /// Returns the whole text, comments and empty lines left out. It is the same for every call.
    pub fn text(&self) -> String {
        let whole = FRAME.replacen(BODY, &self.parts.concat(), 1);
        let kept = whole.lines().filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty());
        kept.map(|line| format!("{line}\n")).collect()
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
            assert!(std::ptr::eq(Script::named(script.name).unwrap(), script));
        }
        assert!(Script::named("Contoso").is_none());
    }
}
