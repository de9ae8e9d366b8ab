//! The lint of the PowerShell scripts: they parse, keep to the subset of docs/powershell.md, and nothing in them can turn
//! data into code. The grammar is a witness, not Microsoft's parser: a clean tree is needed and not enough.

use std::collections::BTreeSet;

use tree_sitter::{Node, Parser};

use crate::architecture::root;

const FOLDER: &str = "src/node/powershell";

/// Every command that a script may name. Anything else is a fault.
const COMMANDS: &[&str] = &[
    "Add-PSSnapin",
    "ConvertFrom-Json",
    "ConvertTo-Json",
    "Copy-Item",
    "Disable-SPTimerJob",
    "Enable-SPTimerJob",
    "ForEach-Object",
    "Get-AuthenticodeSignature",
    "Get-ChildItem",
    "Get-CimInstance",
    "Get-CrmCertificate",
    "Get-CrmServer",
    "Get-CrmSetting",
    "Get-ExecutionPolicy",
    "Get-FileHash",
    "Get-ItemProperty",
    "Get-Module",
    "Get-PSSnapin",
    "Get-SPAuthenticationRealm",
    "Get-SPFarm",
    "Get-SPServer",
    "Get-SPServiceApplication",
    "Get-SPServiceApplicationProxy",
    "Get-SPTimerJob",
    "Get-SPTrustedRootAuthority",
    "Get-SPTrustedSecurityTokenIssuer",
    "Import-Module",
    "Invoke-Command",
    "Join-Path",
    "Move-Item",
    "New-Item",
    "New-PSSession",
    "Remove-CrmCertificate",
    "Remove-PSSession",
    "Restart-Service",
    "Restart-WebAppPool",
    "Select-Object",
    "Set-CrmCertificate",
    "Set-Location",
    "Split-Path",
    "Start-SPTimerJob",
    "Test-Path",
    "Where-Object",
    "Write-Output",
];

/// The programs that are called by path: each found by the script itself, or of the hash that the request names.
const CALLED: &[&str] = &["$File", "$Program", "$Tool"];

/// Statements that the subset does not have.
const REFUSED: &[&str] = &[
    "class_statement",
    "data_statement",
    "do_statement",
    "enum_statement",
    "expandable_here_string_literal",
    "for_statement",
    "foreach_statement",
    "function_statement",
    "inlinescript_statement",
    "invokation_foreach_expression",
    "parallel_statement",
    "sequence_statement",
    "switch_statement",
    "trap_statement",
    "using_statement",
    "verbatim_here_string_characters",
    "while_statement",
];

/// Methods that may be called.
const METHODS: &[&str] = &["GetCurrent", "GetFolderPath", "Replace", "ToBase64String", "ToString", "ToUniversalTime"];

/// Types that may be named.
const TYPES: &[&str] = &[
    "Convert",
    "Environment",
    "System.Management.Automation.ErrorRecord",
    "System.Security.Principal.WindowsIdentity",
    "bool",
    "char",
    "int",
    "ordered",
    "regex",
    "string",
];

fn faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.is_ascii() {
        faults.push("holds more than ASCII".to_owned());
    }
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
    walk(parser.parse(text, None).unwrap().root_node(), text, &mut faults);
    faults
}

fn walk(node: Node<'_>, text: &str, faults: &mut Vec<String>) {
    let words = &text[node.byte_range()];
    let mut fault = |what: &str| faults.push(format!("line {}: {what}: {words}", node.start_position().row + 1));
    if node.is_error() || node.is_missing() {
        fault("cannot be parsed");
    }
    match node.kind() {
        kind if REFUSED.contains(&kind) => fault("is outside the subset"),
        "expandable_string_literal" => fault("is a string in double quotes"),
        "command_invokation_operator" if words != "&" => fault("is not the call operator"),
        "command_name" if !COMMANDS.contains(&words) => fault("is no command of the list"),
        "type_literal" if !TYPES.contains(&words.trim_matches(['[', ']'])) => fault("is no type of the list"),
        // Another scope, a drive such as env:, or a name in braces.
        "variable" if !words[1..].chars().all(char::is_alphanumeric) && words != "$_" => fault("is no plain variable"),
        "command_name_expr" if !COMMANDS.contains(&words) && !CALLED.contains(&words) => {
            fault("calls what is not listed")
        }
        "invokation_expression" => {
            let method = node
                .children(&mut node.walk())
                .find(|child| child.kind() == "member_name")
                .map(|child| &text[child.byte_range()]);
            if method.is_none_or(|method| !METHODS.contains(&method)) {
                fault("calls a method that is not listed");
            }
        }
        "flow_control_statement" if words.starts_with("throw") && !words.starts_with("throw 's2scert:") => {
            fault("throws something else than a code of ours");
        }
        _ => {}
    }
    for child in node.children(&mut node.walk()) {
        walk(child, text, faults);
    }
}

pub(super) fn scripts() -> Vec<(String, String)> {
    let entries = std::fs::read_dir(root().join(FOLDER)).unwrap().map(|entry| entry.unwrap().path());
    let paths = entries.filter(|path| path.extension().is_some_and(|extension| extension == "ps1"));
    paths
        .map(|path| (path.file_name().unwrap().display().to_string(), std::fs::read_to_string(&path).unwrap()))
        .collect()
}

#[test]
fn every_script_keeps_to_the_subset() {
    let scripts = scripts();
    assert!(scripts.len() > 20, "{}", scripts.len());
    let faults: Vec<String> = scripts
        .iter()
        .flat_map(|(name, text)| faults(text).into_iter().map(move |fault| format!("{name}, {fault}")))
        .collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_command_of_the_list_is_used_by_a_script() {
    let scripts = scripts();
    let words: BTreeSet<&str> = scripts
        .iter()
        .flat_map(|(_, text)| text.split(|letter: char| !letter.is_alphanumeric() && letter != '-'))
        .collect();
    let unused: Vec<&&str> = COMMANDS.iter().filter(|command| !words.contains(**command)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn what_is_outside_the_subset_is_found() {
    let cases = [
        "Invoke-Expression -Command $Request.text",
        "iex 'x'",
        "& $Request.file",
        "& 'C:\\contoso.exe'",
        ". $File",
        "$Text = \"name $Name\"",
        "$Text = \"plain\"",
        "$Text = @\"\n$Name\n\"@",
        "function Read-Contoso { 1 }",
        "foreach ($Row in $Rows) { $Row }",
        "while ($true) { $null }",
        "switch ($Name) {\n 'a' { 1 }\n}",
        "[scriptblock]::Create($Request.text)",
        "$Rows.Invoke()",
        "throw $Request.text",
        "$Name = 'Zo\u{eb}'",
        "$Name = 'it\u{2019}s; Remove-Item x; \u{2019}'",
        "$Name = 'open",
        "try { $null",
        "Start-Process -FilePath 'x'",
        "$Text = [System.IO.File]",
        "$Text = [xml]$Request.text",
        "$Text = $env:PATH",
        "$global:Text = 'x'",
        "${Text} = 'x'",
    ];
    for text in cases {
        assert!(!faults(text).is_empty(), "{text}");
    }
    assert_eq!(faults("$Rows = @(Get-CrmCertificate)\n$Output = & $File @Parameters *>&1\nthrow 's2scert:x'"), [""; 0]);
}
