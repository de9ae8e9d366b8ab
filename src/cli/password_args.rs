//! Where a password comes from, on the command line. Never the password itself.

use std::path::PathBuf;

use clap::Args;

/// Sources for the password of what is read, where a command only reads.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Password")]
pub struct PasswordArgs {
    /// Read the password from the first line of a file; may be given again, each is tried
    #[arg(long, value_name = "FILE")]
    pub password_file: Vec<PathBuf>,

    /// Take the password from an environment variable
    #[arg(long, value_name = "NAME")]
    pub password_env: Vec<String>,

    /// Read the password from the first line of stdin
    #[arg(long)]
    pub password_stdin: bool,

    /// Run a program and take the first line of its output; split at spaces, double quotes keep spaces, no shell
    #[arg(long, value_name = "COMMAND")]
    pub password_command: Vec<String>,
}

/// Sources for the passwords of the input, where a command reads and writes. Without any, the output's password is tried, then
/// a person is asked.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Password of the input (without any, that of the output is tried, then you are asked)")]
pub struct InPasswordArgs {
    /// Read the input's password from the first line of a file; may be given again, each is tried
    #[arg(long, value_name = "FILE")]
    pub in_password_file: Vec<PathBuf>,

    /// Take the input's password from an environment variable
    #[arg(long, value_name = "NAME")]
    pub in_password_env: Vec<String>,

    /// Read the input's password from the first line of stdin
    #[arg(long)]
    pub in_password_stdin: bool,

    /// Run a program and take the first line of its output; split at spaces, double quotes keep spaces, no shell
    #[arg(long, value_name = "COMMAND")]
    pub in_password_command: Vec<String>,
}

/// The source of the password of what is written. At most one.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Password of the output")]
#[group(multiple = false)]
pub struct OutPasswordArgs {
    /// Read the output's password from the first line of a file
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,

    /// Take the output's password from an environment variable
    #[arg(long, value_name = "NAME")]
    pub password_env: Option<String>,

    /// Read the output's password from the first line of stdin
    #[arg(long)]
    pub password_stdin: bool,

    /// Run a program and take the first line of its output; split at spaces, double quotes keep spaces, no shell
    #[arg(long, value_name = "COMMAND")]
    pub password_command: Option<String>,

    /// Make a password (128 bits, ASCII) and write it to a new file that only you can read
    #[arg(long, value_name = "FILE")]
    pub generate_password_to: Option<PathBuf>,
}
