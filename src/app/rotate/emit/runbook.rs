//! The Markdown that leads through the files of a plan.

use std::fmt::Write as _;

use super::Sheet;
use super::piece::{Asked, FOLDER, Part, Piece, Pieces};
use crate::app::rotate::words;
use crate::rotation::plan::{Act, Check, Hand, Plan};

/// Renders the runbook.
pub(super) fn render(pieces: &Pieces<'_>, forward: &[Sheet<'_>], back: &[Sheet<'_>]) -> String {
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _ = write(&mut text, pieces, forward, back);
    text
}

fn write(
    text: &mut String,
    pieces: &Pieces<'_>,
    forward: &[Sheet<'_>],
    back: &[Sheet<'_>],
) -> Result<(), std::fmt::Error> {
    let plan = pieces.plan;
    head(text, pieces)?;
    before(text, plan)?;
    how(text)?;
    writeln!(text, "## The steps\n")?;
    writeln!(text, "One after the other, in this order. A step is done when its look shows it, and not before.\n")?;
    let mut phase = None;
    for sheet in forward {
        if phase != Some(sheet.step.phase) {
            phase = Some(sheet.step.phase);
            writeln!(text, "### {}\n", capital(words::phase(sheet.step.phase)))?;
        }
        if plan.no_return.as_ref() == Some(&sheet.step.id) {
            writeln!(text, "**From here on there is no way back.**\n")?;
        }
        step(text, sheet)?;
    }
    writeln!(text, "## The way back\n")?;
    writeln!(
        text,
        "From any point before the old certificate is removed: take these steps, in this order, of which the step in brackets was begun.\n"
    )?;
    if no_row_before(plan) {
        writeln!(
            text,
            "There was no row before. `Get-CrmCertificate` shows the number of the row that holds the new certificate; remove it: \
             `Remove-CrmCertificate -Id NUMBER`. No other row may go.\n"
        )?;
    }
    for sheet in back {
        step(text, sheet)?;
    }
    writeln!(text, "## At the end\n")?;
    writeln!(
        text,
        "On each server: `Remove-Item -Recurse -LiteralPath '{FOLDER}'`. No PFX may stay on any of them. Keep the `.txt` files, this \
         page and `plan.json`: they are the record of the roll.\n"
    )
}

fn head(text: &mut String, pieces: &Pieces<'_>) -> Result<(), std::fmt::Error> {
    let (plan, asked) = (pieces.plan, &pieces.plan.basis.asked);
    writeln!(text, "# Roll {} by hand\n", plan.roll)?;
    writeln!(text, "| | |\n|---|---|")?;
    writeln!(text, "| farm | {} |", cell(plan.basis.seen.farm.as_str()))?;
    writeln!(text, "| plan | SHA-256 {} |", pieces.digest)?;
    writeln!(text, "| new certificate | {} |", cell(asked.certificate.subject.as_str()))?;
    writeln!(text, "| its thumbprint | {} |", asked.certificate.thumbprint)?;
    writeln!(text, "| valid | {} to {} |", asked.certificate.not_before, asked.certificate.not_after)?;
    let old = plan.basis.seen.current().and_then(|row| row.thumbprint);
    let old = old.map_or_else(|| "none".to_owned(), |old| old.to_string());
    writeln!(text, "| thumbprint of the old one | {old} |")?;
    writeln!(text, "| planned at | {} |\n", asked.now)?;
    writeln!(
        text,
        "This page and the files beside it are the plan `plan.json`, for people who run its steps themselves. Nothing here was run on \
         Windows by those who wrote it; each step says how far its script is proven. Read each script before it is run.\n"
    )?;
    if !plan.unknowns.is_empty() {
        writeln!(text, "What the plan rests on and nobody has documented:\n")?;
        for belief in &plan.unknowns {
            writeln!(text, "- {}", belief.words())?;
        }
        writeln!(text)?;
    }
    Ok(())
}

fn before(text: &mut String, plan: &Plan) -> Result<(), std::fmt::Error> {
    let thumbprint = plan.basis.asked.certificate.thumbprint;
    writeln!(text, "## Before the first step\n")?;
    writeln!(
        text,
        "1. One person does this, and nobody else rolls meanwhile. Take a backup of the configuration database (`MSCRM_CONFIG`)."
    )?;
    writeln!(
        text,
        "2. Make a PFX for this roll alone, with a password that is used nowhere else; the oldest of the servers must be able to read it: \
         `s2scert export CREDENTIAL --out new.pfx` with `--for {}`. Its certificate must have the thumbprint {thumbprint}: `s2scert inspect new.pfx`.",
        target(plan)
    )?;
    writeln!(
        text,
        "3. On each server, in a PowerShell of Windows (5.1) that was started as administrator, make the folder with its final access before \
         anything is put into it:\n"
    )?;
    writeln!(text, "   ```powershell\n   New-Item -ItemType Directory -Path '{FOLDER}'")?;
    writeln!(
        text,
        "   icacls.exe '{FOLDER}' /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F'\n   ```\n"
    )?;
    writeln!(
        text,
        "4. Copy the folder of that server into it, with `new.pfx` where a step asks for its password, and `old.cer` where the way back \
         names it. Compare the SHA-256 of what was copied (`Get-FileHash`)."
    )?;
    writeln!(
        text,
        "5. Where the execution policy wants signatures, sign the files with your own certificate. Do not switch the policy off."
    )?;
    writeln!(
        text,
        "6. Module logging and transcription write the password down. Look whether they are on (`s2scert doctor`), and use the password for \
         this roll only.\n"
    )
}

fn how(text: &mut String) -> Result<(), std::fmt::Error> {
    writeln!(text, "## How a file is run\n")?;
    writeln!(text, "```powershell\nSet-Location -LiteralPath '{FOLDER}'")?;
    writeln!(text, "Get-Content -Raw NAME.json | .\\NAME.ps1 | Tee-Object NAME.txt\n```\n")?;
    writeln!(
        text,
        "Where a step says *asks for the password*, *for the list* or *for the number*, that value is put into the data in memory:\n"
    )?;
    writeln!(text, "```powershell\n$Data = Get-Content -Raw NAME.json | ConvertFrom-Json")?;
    writeln!(text, "$Secret = Read-Host -AsSecureString -Prompt 'Password of new.pfx'")?;
    writeln!(text, "$Data.password = (New-Object System.Net.NetworkCredential('', $Secret)).Password")?;
    writeln!(text, "ConvertTo-Json -Compress -InputObject $Data | .\\NAME.ps1 | Tee-Object NAME.txt\n```\n")?;
    writeln!(
        text,
        "For a list: `$Data.access = 'D:...'`, as the step that granted printed it as `before`. For a number: `$Data.id = '...'`, as \
         `Get-CrmCertificate` shows it for the row of that type, and of no other. The answer is one line of JSON between two \
         marker lines; `\"ok\":true` says that the script came to its end, and nothing more. For each step: run its look; where it is so \
         already, go on; else run its *do*, and the look again. Hand the `.txt` of the looks in on the machine of the controller, as `Tee-Object` wrote \
         them: `s2scert rotate record` judges them and says what they prove. Where the roll was not begun there by `rotate apply`, the first \
         time with `--plan plan.json`.\n"
    )
}

fn step(text: &mut String, sheet: &Sheet<'_>) -> Result<(), std::fmt::Error> {
    let one = sheet.step;
    write!(text, "{}. `{}` **{}** on {}: {}.", sheet.number, one.change.sign(), one.id, sheet.place, words::step(one))?;
    if let Some(undone) = &one.undoes {
        write!(text, " [{undone}]")?;
    }
    writeln!(text)?;
    writeln!(text, "   - is so when: {}", words::look(&one.check))?;
    if let Check::Metadata(_) = one.check {
        writeln!(
            text,
            "   - behind a load balancer let the name of the address lead to this server itself, or another one is asked"
        )?;
    }
    if sheet.of(Part::Look).next().is_some() {
        let files: Vec<String> = sheet.of(Part::Look).map(|(name, _)| format!("{name}.txt")).collect();
        writeln!(
            text,
            "   - hand in what the looks printed: `s2scert rotate record {} --output {}`",
            one.id,
            files.join(" --output ")
        )?;
    }
    for (name, piece) in sheet.of(Part::Do).chain(sheet.of(Part::Look)) {
        writeln!(text, "   - {}: `{}/{name}.ps1`{}", piece.part.word(), sheet.place, remarks(piece))?;
    }
    match &one.act {
        Act::ByHand(hand) => by_hand(text, hand)?,
        Act::Drain(command) | Act::Undrain(command) => {
            writeln!(text, "   - here, on the machine of the controller: `{}`", command.words().join(" "))?;
        }
        _ => {}
    }
    if one.wait.deadline_seconds > 0 {
        writeln!(
            text,
            "   - it may take up to {} s; look every {} s",
            one.wait.deadline_seconds, one.wait.poll_seconds
        )?;
    }
    writeln!(text)
}

fn by_hand(text: &mut String, hand: &Hand) -> Result<(), std::fmt::Error> {
    for command in &hand.commands {
        writeln!(text, "   - `{}`", command.as_str())?;
    }
    Ok(())
}

/// What is said of a file beside its name.
fn remarks(piece: &Piece) -> String {
    let asks = match piece.asks {
        Some(Asked::Password) => "; asks for the password",
        Some(Asked::Access) => "; asks for the list",
        Some(Asked::Row) => "; asks for the number",
        None => "",
    };
    let needs = if piece.goes_on { "; goes on to another server" } else { "" };
    format!("{asks}{needs} ({}: {})", piece.runs.name(), piece.runs.level())
}

fn no_row_before(plan: &Plan) -> bool {
    plan.basis.seen.current().is_none() && plan.unwind.iter().any(|step| step.act == Act::RestoreRows)
}

/// Returns the word for the oldest Windows among the servers.
fn target(plan: &Plan) -> String {
    let oldest = plan.basis.seen.signing().map(|node| node.os).min();
    oldest.map_or_else(|| "server2016".to_owned(), |os| os.to_string())
}

/// A text of a farm in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
