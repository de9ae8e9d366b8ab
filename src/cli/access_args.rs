//! The command line of `access`.

use clap::{Args, Subcommand};

use super::password_args::PasswordArgs;
use crate::app::access::{Request, Target};

/// `s2scert access`.
#[derive(Debug, Subcommand)]
pub enum AccessCommand {
    /// Show who may use the key, and what is wrong with it
    Show(TargetArgs),
    /// Let identities read the key; on Windows SYSTEM and Administrators get full control
    Grant(NamesArgs),
    /// Take the entries of identities away
    Revoke(NamesArgs),
    /// Put back an access list that an earlier answer told as "before"
    Restore {
        /// The key.
        #[command(flatten)]
        target: TargetArgs,
        /// The access list: SDDL, or user::rw-,user:1001:r--,group::---,mask::r--,other::---
        #[arg(value_name = "LIST")]
        list: String,
    },
    /// Prove that exactly these identities can read the key; exit code 12 and every difference if not
    Check {
        /// The key and who should read it.
        #[command(flatten)]
        names: NamesArgs,
        /// Let others have entries too
        #[arg(long)]
        allow_others: bool,
    },
    /// Open the key as another identity, sign, and verify the signature
    Prove {
        /// The key.
        #[command(flatten)]
        target: TargetArgs,
        /// As whom
        #[arg(value_name = "NAME")]
        name: String,
        /// Password of the file.
        #[command(flatten)]
        password: PasswordArgs,
    },
}

/// Which key.
#[derive(Args, Debug)]
pub struct TargetArgs {
    /// A file that holds the key (bundle, key, PFX); the thumbprint of a certificate in LocalMachine\My; or
    /// container:NAME, a machine key of Windows
    #[arg(value_name = "TARGET")]
    pub target: String,

    /// The provider of the container [default: Microsoft Enhanced RSA and AES Cryptographic Provider]
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,

    /// The type of the provider; 0 is CNG [default: 24]
    #[arg(long, value_name = "N")]
    pub provider_type: Option<u32>,
}

/// Which key, and whom.
#[derive(Args, Debug)]
pub struct NamesArgs {
    /// The key.
    #[command(flatten)]
    pub target: TargetArgs,

    /// Windows: NETWORK SERVICE, DOMAIN\user, DOMAIN\name$ (gMSA), NT SERVICE\name, IIS AppPool\name, a SID;
    /// Linux: a user, group:NAME, user:NUMBER, other
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

impl TargetArgs {
    pub(super) fn target(&self) -> Target {
        let provider = self.provider.clone();
        Target { text: self.target.clone(), provider, provider_type: self.provider_type }
    }
}

impl AccessCommand {
    /// Returns what is asked of which key; nothing for `prove`, which is another job.
    pub(super) fn request(&self) -> Option<(Target, Request)> {
        Some(match self {
            Self::Show(target) => (target.target(), Request::Show),
            Self::Grant(names) => (names.target.target(), Request::Grant(names.names.clone())),
            Self::Revoke(names) => (names.target.target(), Request::Revoke(names.names.clone())),
            Self::Restore { target, list } => (target.target(), Request::Restore(list.clone())),
            Self::Check { names, allow_others } => {
                (names.target.target(), Request::Check { readers: names.names.clone(), others: *allow_others })
            }
            Self::Prove { .. } => return None,
        })
    }
}
