//! The command line of `store` and `install`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::args::PolicyArgs;
use super::password_args::PasswordArgs;
use super::requests::{gate_options, is_stdin, sources};
use crate::app::passwords::refuse_second_reader_of_stdin;
use crate::app::store::InstallOptions;
use crate::error::Result;
use crate::farm::store::{StoreName, StorePlace};

/// `s2scert store`.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// List certificates with their keys, and flag those that share a subject
    List {
        /// The store; may be given again [default: my]
        #[arg(long, value_name = "STORE")]
        store: Vec<StoreArg>,
        /// Whose stores.
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Show one certificate: its key, who may use it, what else uses it, and whether the product can sign with it
    Show {
        /// SHA-1 or SHA-256 of the certificate, with or without separators
        #[arg(value_name = "THUMBPRINT")]
        thumbprint: String,
        /// The store it is in
        #[arg(long, value_name = "STORE", default_value = "my")]
        store: StoreArg,
        /// Whose stores.
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Install a PFX: the key where the product can use it, and proven; each certificate in its store
    Install(Box<InstallArgs>),
    /// Remove a certificate; its key only with --with-key
    Remove {
        /// SHA-1 or SHA-256 of the certificate
        #[arg(long, value_name = "HEX")]
        thumbprint: String,
        /// The store it is in
        #[arg(long, value_name = "STORE", default_value = "my")]
        store: StoreArg,
        /// Delete the private key too
        #[arg(long)]
        with_key: bool,
        /// Remove it although a TLS binding or another certificate uses it, or that cannot be seen
        #[arg(long)]
        even_if_used: bool,
        /// Whose stores.
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// List keys that no certificate names, and certificates whose key is gone
    Orphans {
        /// Whose stores.
        #[command(flatten)]
        place: PlaceArgs,
    },
}

/// Whose stores.
#[derive(Args, Debug)]
#[command(next_help_heading = "Store")]
pub struct PlaceArgs {
    /// The stores of the current user instead of those of the machine
    #[arg(long)]
    pub current_user: bool,

    /// The folder that holds the stores (not on Windows) [default: stores/LocalMachine in the state folder]
    #[arg(long, value_name = "DIR", conflicts_with = "current_user")]
    pub store_dir: Option<PathBuf>,
}

/// A store.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum StoreArg {
    /// Certificates with their keys.
    My,
    /// Intermediate authorities.
    Ca,
    /// Authorities that are trusted.
    Root,
}

/// `s2scert store install` and `s2scert install`.
#[derive(Args, Debug)]
pub struct InstallArgs {
    /// A PFX, bundle or other file with key and chain; - is stdin
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// The thumbprint (SHA-1 or SHA-256) of the leaf, where the file holds more than one
    #[arg(long, value_name = "THUMBPRINT")]
    pub leaf: Option<String>,

    /// Let this identity read the key; may be given again. Names as in `access grant`
    #[arg(long = "grant", value_name = "NAME")]
    pub grants: Vec<String>,

    /// Friendly name that Windows shows [default: the one of the file, else the generation or common name]
    #[arg(long, value_name = "TEXT")]
    pub friendly_name: Option<String>,

    /// Name of the provider; it must be a CSP of type 24
    #[arg(long, value_name = "NAME", default_value = crate::cert::pfx::DEFAULT_PROVIDER)]
    pub provider: String,

    /// Let the key leave the provider again
    #[arg(long)]
    pub exportable: bool,

    /// Put the self-signed certificate of the chain into Root, where the machine trusts it
    #[arg(long)]
    pub trust_root: bool,

    /// Install it beside another certificate of the same subject
    #[arg(long)]
    pub allow_same_subject: bool,

    /// Give a certificate that is there with a wrong key a right one
    #[arg(long)]
    pub repair: bool,

    /// What the proof signs, 16 to 64 octets in hexadecimal [default: drawn at random]
    #[arg(long, value_name = "HEX")]
    pub nonce: Option<String>,

    /// Whose stores.
    #[command(flatten)]
    pub place: PlaceArgs,

    /// The policy.
    #[command(flatten)]
    pub policy: PolicyArgs,

    /// Password of the file.
    #[command(flatten)]
    pub password: PasswordArgs,
}

impl PlaceArgs {
    pub(super) fn place(&self) -> StorePlace {
        match &self.store_dir {
            Some(folder) => StorePlace::Folder(folder.clone()),
            None if self.current_user => StorePlace::CurrentUser,
            None => StorePlace::LocalMachine,
        }
    }
}

impl StoreArg {
    pub(super) fn name(self) -> StoreName {
        match self {
            Self::My => StoreName::My,
            Self::Ca => StoreName::Ca,
            Self::Root => StoreName::Root,
        }
    }
}

impl InstallArgs {
    pub(super) fn options(&self) -> Result<InstallOptions> {
        refuse_second_reader_of_stdin(&[
            ("FILE -", is_stdin(&self.file)),
            ("--password-stdin", self.password.password_stdin),
        ])?;
        Ok(InstallOptions {
            file: self.file.clone(),
            leaf: self.leaf.clone(),
            place: self.place.place(),
            grants: self.grants.clone(),
            friendly_name: self.friendly_name.clone(),
            provider: self.provider.clone(),
            exportable: self.exportable,
            trust_root: self.trust_root,
            allow_same_subject: self.allow_same_subject,
            repair: self.repair,
            nonce: self.nonce.clone(),
            gate: gate_options(&self.policy, "production"),
            passwords: sources(&self.password),
        })
    }
}
