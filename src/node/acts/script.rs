//! Calls of PowerShell for the acts, within the time of the request; Microsoft's script among them.

use zeroize::Zeroizing;

use super::{Did, Fault, Look, Surroundings, Work, crm, store, told};
use crate::error::{Error, Kind};
use crate::node::engine::staging;
use crate::node::powershell::{
    AnswerError, Call, CallError, CallFault, CertificateReconfiguration, Describe, LocateReconfiguration,
    NetworkIdentity, OneUsePassword, call,
};
use crate::ports::{CommandError, PowerShell, ProgramLimits, ProgramOutput};
use crate::protocol::{
    Action, DiskFacts, Facts, Hex, Install, List, NetworkFacts, PowerShellFacts, Reconfigure, Refusal, RefusalCode,
    Remove, ScriptFacts, ScriptRun, Seen, Text, Trouble,
};

/// PowerShell with no more time than the request has left.
struct InTime<'a> {
    work: &'a Work<'a>,
}

impl PowerShell for InTime<'_> {
    fn run(
        &self,
        arguments: &[String],
        stdin: Zeroizing<Vec<u8>>,
        limits: ProgramLimits,
    ) -> Result<ProgramOutput, CommandError> {
        let limits = ProgramLimits { deadline: limits.deadline.min(self.work.left()), ..limits };
        self.work.host.powershell.run(arguments, stdin, limits)
    }
}

/// Runs one call.
pub(super) fn ask<C: Call>(request: &C, work: &Work<'_>) -> Result<C::Answer, Fault> {
    let answer = call(&InTime { work }, &*work.host.random, request);
    answer.map_err(fault)
}

/// Conditions that a script checks before it acts: the world is not as the request expects it.
const MOVED: [&str; 7] = [
    "row-moved",
    "row-of-another-type",
    "script-changed",
    "service-not-running",
    "pool-not-running",
    "job-held",
    "job-not-one",
];
/// Conditions of a machine that is not of the sort that is asked.
const NOT_HERE: [&str; 9] = [
    "crm-snapin-absent",
    "event-log-absent",
    "script-absent",
    "sharepoint-absent",
    "iis-absent",
    "service-absent",
    "pool-absent",
    "no-domain",
    "language-mode",
];

fn fault(error: CallError) -> Fault {
    let refused = |code, next: &str| Fault::Refused(Refusal::new(code, &error.fault.to_string(), next));
    match &error.fault {
        CallFault::Process(CommandError::NoPowerShell) => {
            return refused(RefusalCode::NotHere, "ask a Windows server of the farm");
        }
        CallFault::Answer(AnswerError::Refused { code }) if MOVED.contains(&code.as_str()) => {
            return refused(RefusalCode::Moved, "observe again, and plan with what is there now");
        }
        CallFault::Answer(AnswerError::Refused { code }) if NOT_HERE.contains(&code.as_str()) => {
            return refused(RefusalCode::NotHere, "ask a server of the farm that has it");
        }
        _ => {}
    }
    let nothing_done = error.nothing_done();
    let trouble = Trouble::from(&Error::from(error));
    if nothing_done { Fault::Failed(trouble) } else { Fault::Unclear(trouble) }
}

/// Tells what surrounds the program: PowerShell, Microsoft's script, the measured network identity.
pub(super) fn surroundings(work: &Work<'_>) -> Surroundings {
    Surroundings {
        powershell: seen(ask(&Describe, work), |one| {
            Some(PowerShellFacts {
                version: Text::told(&one.version),
                language_mode: Text::told(&one.language_mode),
                execution_policy: Text::told(&one.effective_policy),
                is_64_bit: one.is64_bit,
                module_logging: one.module_logging,
                script_block_logging: one.script_block_logging,
                transcription: one.transcription,
                invocation_logging: one.invocation_logging,
                edition: Text::told(&one.edition),
                app_locker_start: one.app_locker_start,
                app_locker_rules: List::first(one.app_locker_rules.iter().map(|rules| Text::told(rules))),
                code_integrity: one.code_integrity,
                disks: List::first(
                    one.disks.iter().map(|disk| DiskFacts { name: Text::told(&disk.name), free: disk.free }),
                ),
                restart_pending: one.restart_pending,
            })
        }),
        script: seen(ask(&LocateReconfiguration, work), |one| script(&one.file, &one.sha256, &one.signature)),
        network_identity: seen(ask(&NetworkIdentity, work), |one| {
            let why = one.message.as_deref().map(Text::told);
            Some(NetworkFacts { share: Text::told(&one.share), reached: one.reached, why })
        }),
    }
}

fn seen<T, U>(answer: Result<T, Fault>, there: impl FnOnce(&T) -> Option<U>) -> Seen<U> {
    match answer {
        Ok(one) => there(&one).map_or_else(|| Seen::Unseen(Text::told("the answer has no hash")), Seen::There),
        Err(Fault::Refused(refusal)) if refusal.code == RefusalCode::NotHere => Seen::Absent(refusal.why),
        Err(Fault::Refused(refusal)) => Seen::Unseen(refusal.why),
        Err(Fault::Failed(trouble) | Fault::Unclear(trouble)) => Seen::Unseen(trouble.sentence()),
    }
}

fn script(file: &str, sha256: &str, signature: &str) -> Option<ScriptFacts> {
    Some(ScriptFacts { file: Text::told(file), sha256: sha256.parse().ok()?, signature: Text::told(signature) })
}

/// Looks whether the certificate is in the store with its key, and the row names it where it should.
pub(super) fn is_reconfigured(asked: &Reconfigure, work: &Work<'_>) -> Result<Look, Fault> {
    let install = Install {
        thumbprint: asked.thumbprint,
        password: asked.password.clone(),
        readers: List::default(),
        friendly_name: None,
        trust_root: false,
        same_subject: true,
    };
    let installed = store::is_installed(&install, work)?;
    if !asked.update_crm || installed.holds != Some(crate::protocol::Holds::Yes) {
        return Ok(installed);
    }
    crm::names(asked.certificate_type, &asked.thumbprint, work)
}

/// Runs Microsoft's script on the staged PFX, which is gone afterwards, whatever comes of it.
pub(super) fn reconfigure(asked: &Reconfigure, work: &Work<'_>) -> Result<Did, Fault> {
    let ran = run(asked, work);
    let cleared = staging::clear(work);
    let mut run = ran?;
    let left = match cleared {
        Ok(_) => Vec::new(),
        Err(_) => staging::left(work.folder.as_deref())?,
    };
    run.staged = List::first(left);
    let undo = (!asked.update_crm).then_some(Action::Remove(Remove { thumbprint: asked.thumbprint, with_key: true }));
    Ok(Did { changed: true, facts: Facts::Script(run), undo })
}

fn run(asked: &Reconfigure, work: &Work<'_>) -> Result<ScriptRun, Fault> {
    let staged = staging::take(work, asked.password.password(), &asked.thumbprint)?;
    let password = OneUsePassword::received(asked.password.password().clone())
        .map_err(|error| Error::new(Kind::Refused, error.to_string()))?;
    let request = CertificateReconfiguration {
        sha256: asked.script_sha256.to_string(),
        certificate_file: staged.path.display().to_string(),
        password,
        certificate_type: crm::word(asked.certificate_type),
        service_account: asked.service_account.as_str().to_owned(),
        store_find_type: asked.store_find_type.as_ref().map(|one| one.as_str().to_owned()),
        update_crm: asked.update_crm,
    };
    let outcome = ask(&request, work)?;
    Ok(ScriptRun {
        script: script(&outcome.file, &outcome.sha256, &outcome.signature).unwrap_or_else(|| ScriptFacts {
            file: Text::told(&outcome.file),
            sha256: asked.script_sha256,
            signature: Text::told(&outcome.signature),
        }),
        exit_code: outcome.exit_code,
        errors: List::first(outcome.errors.iter().map(|one| Text::told(&one.message))),
        output: List::first(outcome.output.iter().map(|line| Text::told(line))),
        staged: List::default(),
    })
}

/// Returns the hash of a certificate that PowerShell told as base64.
pub(super) fn thumbprint(data: &str) -> Option<Hex<20>> {
    let octets: crate::protocol::Octets = data.parse().ok()?;
    Some(told::thumbprint_of(octets.as_bytes()))
}
