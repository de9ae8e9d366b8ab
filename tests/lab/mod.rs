//! A farm of real processes on this machine: an `sshd` for each node, each running the real `s2scert node` over the stand-in
//! for PowerShell, and an HTTPS server for each web node. See README.md. Nothing of it ships.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a lab that cannot be set up ends the test")]
#![allow(clippy::disallowed_methods, reason = "a lab starts programs and writes files")]
#![allow(dead_code, reason = "the program and tests/it use a part each")]

pub(crate) mod breakages;
pub(crate) mod pki;
mod site;
pub(crate) mod sshd;
mod web;
mod world;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::tls_server::Server;
pub(crate) use pki::Pki;
use sshd::Sshd;

/// A node: its name, its roles in farm.toml, its address on loopback.
pub(crate) struct Node {
    pub(crate) name: &'static str,
    pub(crate) roles: &'static str,
    pub(crate) address: &'static str,
}

/// Three web servers, one for jobs, one of SharePoint. Each has an address of its own, so that all web servers can have one
/// port, as behind one name.
pub(crate) const NODES: [Node; 5] = [
    Node { name: "crm-web-1", roles: "\"web\", \"deployment-tools\"", address: "127.0.77.1" },
    Node { name: "crm-web-2", roles: "\"web\"", address: "127.0.77.2" },
    Node { name: "crm-web-3", roles: "\"web\"", address: "127.0.77.3" },
    Node { name: "crm-async-1", roles: "\"async\"", address: "127.0.77.4" },
    Node { name: "sp-1", roles: "\"sharepoint\"", address: "127.0.77.5" },
];
/// The name by which the web servers are reached.
pub(crate) const HOST: &str = "crm.contoso.com";
/// The realm of the organization.
pub(crate) const REALM: &str = "5f0d3a52-0000-0000-0000-0000000000aa";
/// Who runs the web application, and who the asynchronous service: accounts that every Linux has.
pub(crate) const WEB_ACCOUNT: &str = "nobody";
pub(crate) const ASYNC_ACCOUNT: &str = "daemon";

impl Node {
    pub(crate) fn is_web(&self) -> bool {
        self.roles.contains("web")
    }

    pub(crate) fn is_sharepoint(&self) -> bool {
        self.roles.contains("sharepoint")
    }
}

/// The programs that the nodes run.
pub(crate) struct Programs {
    pub(crate) s2scert: PathBuf,
    pub(crate) powershell: PathBuf,
}

/// The folder of a lab. Everything in it can be looked at and changed by hand.
#[derive(Clone)]
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn of(&self, node: &str) -> PathBuf {
        self.0.join("nodes").join(node)
    }

    /// The stores of a node, as its state folder has them.
    pub(crate) fn stores(&self, node: &str) -> PathBuf {
        self.of(node).join("state/stores/LocalMachine")
    }

    pub(crate) fn world(&self) -> PathBuf {
        self.path("world.json")
    }

    pub(crate) fn farm(&self) -> PathBuf {
        self.path("farm.toml")
    }

    /// How a node, or its web server, misbehaves: the content of a small file.
    pub(crate) fn mode(&self, node: &str, of: &str) -> String {
        fs::read_to_string(self.of(node).join(of)).unwrap_or_default().trim().to_owned()
    }

    pub(crate) fn set_mode(&self, node: &str, of: &str, mode: &str) {
        write(&self.of(node).join(of), mode, 0o644);
    }
}

/// A lab that runs. Dropped, it is taken down.
pub(crate) struct Lab {
    pub(crate) folder: Folder,
    servers: Vec<Server>,
    /// The port of the site of SharePoint, where the program that judges its tokens is there.
    pub(crate) site: Option<u16>,
}

impl Lab {
    /// Sets everything up in an empty or new folder.
    pub(crate) fn up(root: &Path, programs: &Programs) -> Self {
        make(root);
        let folder = Folder(root.canonicalize().unwrap());
        let pki = Pki::new();
        pki.save(&folder.path("pki"));
        // Every web server listens before the document with its address is written.
        let mut servers = web::listen(&folder, &pki);
        let site = site::listen(&folder, &pki);
        let port = servers[0].port;
        world::write(&folder, &pki, port);
        client_key(&folder);
        for node in &NODES {
            make(&folder.of(node.name));
            stage(&folder, node, programs);
            pki.fill(&folder, node);
            Sshd::prepare(&folder, node, programs);
            Sshd::start(&folder, node.name);
        }
        sshd::known_hosts(&folder);
        write(&folder.farm(), description(&folder, port), 0o644);
        let site = site.map(|server| {
            let port = server.port;
            servers.push(server);
            port
        });
        Self { folder, servers, site }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.servers.clear();
        NODES.iter().for_each(|node| Sshd::stop(&self.folder, node.name));
    }
}

/// What `farm.toml` says of the lab.
fn description(folder: &Folder, port: u16) -> String {
    let mut text = format!(
        "# The farm of the lab. All that it names is on this machine.\n\
         format = \"1.0\"\nname = \"lab\"\ntls_ca = \"tls-ca.pem\"\n\n\
         [certificate]\nsubject = \"CN={HOST} {{g}},O=Contoso\"\n\n\
         [update_crm]\nnode = \"crm-web-1\"\n\n\
         [ssh]\nidentity_file = \"client-key\"\nknown_hosts = \"known_hosts\"\n"
    );
    for node in &NODES {
        let (ssh, staging) = (Sshd::port(folder, node.name), folder.of(node.name).join("program"));
        text.push_str(&format!(
            "\n[[node]]\nname = {:?}\nroles = [{}]\nos = \"server2019\"\ntransport = \"ssh\"\naddress = {:?}\nport = {ssh}\n\
             staging = {:?}\n",
            node.name,
            node.roles,
            node.address,
            staging.display().to_string()
        ));
    }
    for (account, role) in [(WEB_ACCOUNT, "web"), (ASYNC_ACCOUNT, "async")] {
        text.push_str(&format!("\n[[identity]]\naccount = {account:?}\nroles = [{role:?}]\n"));
    }
    let url = world::metadata_url(port);
    text.push_str(&format!("\n[[organization]]\nname = \"sales\"\nmetadata = {url:?}\n"));
    text.push_str("\n[[sharepoint]]\nname = \"intranet\"\nversion = \"2019\"\nservers = [\"sp-1\"]\n");
    text.push_str("\n[[sharepoint.trust]]\nname = \"crm\"\norganization = \"sales\"\n");
    text
}

/// Puts the program where the controller looks for it, so that nothing has to be copied over the connection.
fn stage(folder: &Folder, node: &Node, programs: &Programs) {
    let octets = fs::read(&programs.s2scert).expect("the program s2scert is built");
    let place = folder.of(node.name).join("program");
    make(&place);
    let below = place.join(s2scert::cert::Fingerprint::of(&octets).to_string());
    make(&below);
    let program = below.join("s2scert");
    // One copy on the disk serves all nodes, where the disk can do that.
    if fs::hard_link(&programs.s2scert, &program).is_err() {
        fs::write(&program, &octets).unwrap();
    }
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
}

fn client_key(folder: &Folder) {
    keygen(&folder.path("client-key"), "the lab");
    fs::copy(folder.path("client-key.pub"), folder.path("authorized_keys")).unwrap();
}

/// Makes a key of OpenSSH.
fn keygen(path: &Path, comment: &str) {
    for old in [path.to_owned(), path.with_extension("pub")] {
        let _ = fs::remove_file(old);
    }
    let file = path.display().to_string();
    run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", &file]);
}

/// Runs a program that has to succeed.
fn run(program: &str, arguments: &[&str]) {
    run_in(Path::new("/"), program, arguments);
}

/// Runs a program that has to succeed, in a folder.
fn run_in(folder: &Path, program: &str, arguments: &[&str]) {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    let output = command.output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Makes a folder that only its owner can write.
fn make(path: &Path) {
    fs::create_dir_all(path).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Writes a file, whole or not at all.
fn write(path: &Path, content: impl AsRef<[u8]>, mode: u32) {
    let staged = path.with_extension("part");
    fs::write(&staged, content).unwrap();
    fs::set_permissions(&staged, fs::Permissions::from_mode(mode)).unwrap();
    fs::rename(&staged, path).unwrap();
}
