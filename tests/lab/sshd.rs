//! One `sshd` for each node, at a port of its own on an address of its own.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::{Folder, NODES, Node, Programs, keygen, make, write};

/// What runs in place of every command: the command itself, or what a breakage orders.
const SHELL: &str = r#"#!/bin/sh
# Runs what was asked for, unless the file `mode` beside it says otherwise.
mode=
[ -f "${0%/*}/mode" ] && IFS= read -r mode <"${0%/*}/mode"
case $mode in
'') exec /bin/sh -c "$SSH_ORIGINAL_COMMAND" ;;
clock*) exec faketime -f "${mode#clock }" /bin/sh -c "$SSH_ORIGINAL_COMMAND" ;;
esac
# Only the node itself misbehaves; whether its program is there is told truly.
case $SSH_ORIGINAL_COMMAND in
*' node') ;;
*) exec /bin/sh -c "$SSH_ORIGINAL_COMMAND" ;;
esac
case $mode in
hang) exec sleep 600 ;;
half) printf '{"schema":"s2scert.node-answer/1.0","requ'; exec sleep 600 ;;
garbage) cat >/dev/null; echo 'Segmentation fault (core dumped)' ;;
json) cat >/dev/null; printf '{"schema":"s2scert.node-answer/1.0","request":7}' ;;
other) sed 's/"request":"[^"]*"/"request":"of-somebody-else"/' | /bin/sh -c "$SSH_ORIGINAL_COMMAND" ;;
html) cat >/dev/null; echo '<html><title>Sign In</title></html>' ;;
huge) exec head -c 1073741824 /dev/zero ;;
broken) cat >/dev/null; kill -9 $PPID ;;
esac
"#;

/// What Microsoft's script does with a PFX in the lab: our own program imports it, and the certificate is printed as base64.
/// Running it again finds it there.
fn importer(programs: &Programs, own: &Path) -> String {
    format!(
        "#!/bin/sh\nstores={}/state/stores/LocalMachine\nprint=$({} install \"$1\" --grant \"$2\" --password-stdin --policy evaluation --store-dir $stores --json |\n\
         sed -n 's/^  \"fingerprint_sha256\": \"\\([0-9A-F]*\\)\".*/\\1/p')\n\
         [ -n \"$print\" ] && sed -e '/^-----BEGIN/,/^-----END/!d' -e '/^-----/d' \
         \"$stores/My/$print.pem\" | tr -d '\\n'\n",
        own.display(),
        programs.s2scert.display()
    )
}

/// The server of a node.
pub(crate) struct Sshd;

impl Sshd {
    /// Writes what a node needs. A port is found when it starts.
    pub(crate) fn prepare(folder: &Folder, node: &Node, programs: &Programs) {
        let own = folder.of(node.name);
        keygen(&own.join("host_key"), node.name);
        write(&own.join("shell"), SHELL, 0o755);
        write(&own.join("importer"), importer(programs, &own), 0o755);
        // Whoever sets the lab up may have a shell that does much at each login: here is nothing of it.
        let variables = [
            ("HOME", own.clone()),
            ("S2SCERT_STATE", own.join("state")),
            ("S2SCERT_TEST_POWERSHELL", programs.powershell.clone()),
            ("S2SCERT_STANDIN_STATE", folder.world()),
        ];
        let variables: Vec<String> =
            variables.iter().map(|(name, value)| format!("{name}={}", value.display())).collect();
        // The exchange of keys that is also safe from quantum computers takes most of the time of a connection.
        let config = format!(
            "ListenAddress {address}\nHostKey {own}/host_key\nPidFile {own}/sshd.pid\nAuthorizedKeysFile {keys}\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin prohibit-password\nAllowAgentForwarding no\nAllowTcpForwarding no\nX11Forwarding no\n\
             PrintMotd no\nPrintLastLog no\nKexAlgorithms curve25519-sha256\nMaxStartups 200\nLogLevel VERBOSE\nSubsystem sftp {sftp}\nForceCommand {own}/shell\n\
             SetEnv {variables}\n",
            address = node.address,
            own = own.display(),
            keys = folder.path("authorized_keys").display(),
            sftp = sftp_server().display(),
            variables = variables.join(" ")
        );
        write(&own.join("sshd_config.in"), config, 0o644);
    }

    /// Starts a node at its port, or at a free one where it has none yet.
    pub(crate) fn start(folder: &Folder, node: &str) {
        let own = folder.of(node);
        let address = NODES.iter().find(|one| one.name == node).expect("a node of the lab").address;
        if rustix::process::geteuid().is_root() {
            // sshd gives up its rights in this folder, which the system makes when its own sshd starts.
            make(Path::new("/run/sshd"));
        }
        let known = fs::read_to_string(own.join("port")).ok();
        for _ in 0..20 {
            let port = known.clone().unwrap_or_else(|| free_port(address).to_string());
            let config = fs::read_to_string(own.join("sshd_config.in")).unwrap();
            write(&own.join("sshd_config"), format!("Port {port}\n{config}"), 0o644);
            let (file, log) = (own.join("sshd_config"), own.join("sshd.log"));
            let mut command = Command::new(program().expect("sshd is installed"));
            command.arg("-f").arg(file).arg("-E").arg(log).stdin(Stdio::null()).stdout(Stdio::null());
            // The parent ends well though another has taken the port meanwhile: only the one that listens writes its number.
            if command.status().unwrap().success() && listens(&own, address, &port) {
                write(&own.join("port"), port, 0o644);
                return;
            }
        }
        let log = fs::read_to_string(own.join("sshd.log")).unwrap_or_default();
        panic!("sshd of {node} does not start:\n{log}");
    }

    /// Ends a node, with the connections that it has.
    pub(crate) fn stop(folder: &Folder, node: &str) {
        let file = folder.of(node).join("sshd.pid");
        let Ok(text) = fs::read_to_string(&file) else { return };
        let Ok(process) = text.trim().parse::<u32>() else { return };
        let process = process.to_string();
        // Those that serve a connection are children of the one that listens, and theirs are what runs in it.
        let mut ending = vec![process.clone()];
        let mut at = 0;
        while at < ending.len() {
            let path = format!("/proc/{0}/task/{0}/children", ending[at]);
            let children = fs::read_to_string(path).unwrap_or_default();
            ending.extend(children.split_whitespace().map(str::to_owned));
            at += 1;
        }
        for one in &ending {
            let _ = Command::new("kill").args(["-KILL", one]).stderr(Stdio::null()).status();
        }
        for _ in 0..200 {
            // Whoever is to take note of its end may be slow.
            let stat = fs::read_to_string(Path::new("/proc").join(&process).join("stat")).unwrap_or_default();
            if stat.is_empty() || stat.contains(") Z ") {
                break;
            }
            sleep(Duration::from_millis(10));
        }
        let _ = fs::remove_file(file);
    }

    /// Returns the port of a node.
    pub(crate) fn port(folder: &Folder, node: &str) -> String {
        fs::read_to_string(folder.of(node).join("port")).unwrap().trim().to_owned()
    }
}

/// Gives a node another host key, or its own again, and starts it anew.
pub(crate) fn change_host_key(folder: &Folder, node: &str) {
    Sshd::stop(folder, node);
    keygen(&folder.of(node).join("host_key"), node);
    Sshd::start(folder, node);
}

/// Writes down the host keys that the nodes have now.
pub(crate) fn known_hosts(folder: &Folder) {
    let mut lines = String::new();
    for node in &NODES {
        let key = fs::read_to_string(folder.of(node.name).join("host_key.pub")).unwrap();
        lines.push_str(&format!("[{}]:{} {key}", node.address, Sshd::port(folder, node.name)));
    }
    write(&folder.path("known_hosts"), lines, 0o644);
}

/// Returns the path of `sshd`, which wants to be started by its whole path.
pub(crate) fn program() -> Option<PathBuf> {
    ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd"].map(PathBuf::from).into_iter().find(|path| path.is_file())
}

fn sftp_server() -> PathBuf {
    let places = ["/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server"];
    places.map(PathBuf::from).into_iter().find(|path| path.is_file()).expect("sftp-server comes with sshd")
}

fn free_port(address: &str) -> u16 {
    TcpListener::bind((address, 0)).unwrap().local_addr().unwrap().port()
}

/// Waits until a server has written its number and answers.
fn listens(own: &Path, address: &str, port: &str) -> bool {
    let port: u16 = port.parse().unwrap();
    for _ in 0..500 {
        if own.join("sshd.pid").is_file() && TcpStream::connect((address, port)).is_ok() {
            return true;
        }
        sleep(Duration::from_millis(10));
    }
    false
}
