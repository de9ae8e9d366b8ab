//! `s2scert doctor`, here on a machine that is no Windows Server: much is unseen, and says how it can be seen.

use super::farm::der;
use super::shell::Shell;
use crate::bundles;

#[test]
fn doctor() {
    let mut shell = Shell::new();
    let mut facts = bundles::healthy(der("leaf.cer"));
    bundles::write(shell.folder(), &facts);
    shell
        .says("Four servers have shown what they are, and all agree; what nobody was asked for is unseen.")
        .run("s2scert doctor --from collected --state-dir state")
        .run_to("s2scert doctor --farm farm.toml --from collected --state-dir state --json", 40);
    bundles::damage(&mut facts, der("expired.cer"), der("other.cer"));
    bundles::write(shell.folder(), &facts);
    shell
        .says("A farm in which much is wrong.")
        .run("s2scert doctor --from collected --state-dir state")
        .run("s2scert doctor --farm no-such.toml")
        .run("s2scert doctor --from no-such")
        .run("s2scert doctor crm-web-1")
        .compare("doctor");
}
