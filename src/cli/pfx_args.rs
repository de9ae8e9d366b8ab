//! How a key, a PFX and other written forms are asked for, on the command line.

use clap::{Args, ValueEnum};

/// How a PFX is made.
#[derive(Args, Debug)]
#[command(next_help_heading = "PFX")]
pub struct PfxArgs {
    /// Encryption: legacy (3DES and SHA-1, every Windows) or modern (AES-256 and SHA-256, Server 2019 and later)
    /// [default: by --for, else legacy]
    #[arg(long, value_enum)]
    pub profile: Option<ProfileArg>,

    /// A server that must read the file; the oldest of all given decides the profile
    #[arg(long = "for", value_name = "TARGET", conflicts_with = "profile")]
    pub targets: Vec<TargetArg>,

    /// Name of the provider (CSP or KSP) into which Windows shall put the key
    #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new(), value_name = "NAME", default_value = crate::cert::pfx::DEFAULT_PROVIDER)]
    pub provider: String,

    /// Friendly name that Windows shows [default: the one of the input, else the generation or common name]
    #[arg(long, value_name = "TEXT")]
    pub friendly_name: Option<String>,

    /// Iterations of key derivation and MAC, 1000 to 200000 with one key (.NET refuses more than 600000 in all)
    /// [default: 2000 legacy, 10000 modern]
    #[arg(long, value_name = "N")]
    pub iterations: Option<u32>,
}

/// The kinds of key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum KeyArg {
    /// RSA, 2048 bits.
    #[value(name = "rsa-2048")]
    Rsa2048,
    /// RSA, 3072 bits.
    #[value(name = "rsa-3072")]
    Rsa3072,
    /// RSA, 4096 bits.
    #[value(name = "rsa-4096")]
    Rsa4096,
}

/// The encryption profiles.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ProfileArg {
    /// 3DES and SHA-1: every Windows reads it.
    Legacy,
    /// AES-256 and SHA-256: Server 2019 and later.
    Modern,
}

/// The servers that may have to read a file.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, ValueEnum)]
pub enum TargetArg {
    /// Windows Server 2012 R2.
    #[value(name = "server2012r2")]
    Server2012R2,
    /// Windows Server 2016.
    #[value(name = "server2016")]
    Server2016,
    /// Windows Server 2019.
    #[value(name = "server2019")]
    Server2019,
    /// Windows Server 2022.
    #[value(name = "server2022")]
    Server2022,
    /// Windows Server 2025.
    #[value(name = "server2025")]
    Server2025,
}

/// The forms that `export` writes.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum FormatArg {
    /// PKCS#12: key and chain.
    Pfx,
    /// The bundle: encrypted key and chain as PEM.
    Pem,
    /// The chain without the key as PEM.
    PemChain,
    /// The chain without the key as PKCS#7, DER.
    P7b,
    /// The leaf as DER.
    #[value(alias = "der")]
    Cer,
}
