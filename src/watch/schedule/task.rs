//! The task of the Windows Task Scheduler, as XML after version 1.2 of its format ([MS-TSCH] 2.5), and what stands registered against it.

use super::TRIGGER_MINUTES;
use super::trigger::{ROLL_HOURS, TASK_NAME, Trigger};
use super::xml::{self, Leaf};

/// SYSTEM.
const SYSTEM: &str = "S-1-5-18";

/// What of a registered task must be as it was written: the place of the value, what Windows takes where it is missing, and what
/// it is in words.
const HELD: &[(&str, &str, &str)] = &[
    ("Task/Triggers/TimeTrigger/Enabled", "true", "whether its trigger is on"),
    ("Task/Triggers/TimeTrigger/Repetition/Interval", "", "how often it calls"),
    ("Task/Triggers/TimeTrigger/Repetition/Duration", "", "for how long it goes on calling"),
    ("Task/Triggers/TimeTrigger/EndBoundary", "", "when it stops calling"),
    ("Task/Principals/Principal/UserId", "", "as whom it runs"),
    ("Task/Settings/Enabled", "true", "whether it is enabled"),
    ("Task/Settings/StartWhenAvailable", "false", "whether a missed call is made up for"),
    ("Task/Settings/MultipleInstancesPolicy", "IgnoreNew", "what happens to a second call"),
    ("Task/Settings/DisallowStartIfOnBatteries", "true", "whether it runs on batteries"),
    ("Task/Settings/RunOnlyIfIdle", "false", "whether it waits until nobody works"),
    ("Task/Settings/RunOnlyIfNetworkAvailable", "false", "whether it waits for a network"),
    ("Task/Settings/RestartOnFailure/Interval", "", "how it is tried again"),
    ("Task/Actions/Exec/Command", "", "what it starts"),
    ("Task/Actions/Exec/Arguments", "", "with which arguments"),
];

/// Returns the XML. The order of elements is that of the format.
pub(super) fn write(trigger: &Trigger) -> String {
    let arguments: Vec<String> = trigger.arguments.iter().map(|word| quoted(word)).collect();
    let (user, logon) = match &trigger.account {
        // A managed service account has no password that anybody knows; the system fetches it.
        Some(account) => (account.as_str(), "\n      <LogonType>Password</LogonType>"),
        None => (SYSTEM, ""),
    };
    format!(
        r#"<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Author>s2scert</Author>
    <Description>Calls the certificate watch of s2scert. When it really looks is decided by watch.toml.</Description>
    <URI>{name}</URI>
  </RegistrationInfo>
  <Triggers>
    <BootTrigger>
      <Enabled>true</Enabled>
      <Delay>PT2M</Delay>
    </BootTrigger>
    <TimeTrigger>
      <Enabled>true</Enabled>
      <StartBoundary>2026-01-01T00:00:00Z</StartBoundary>
      <Repetition>
        <Interval>PT{TRIGGER_MINUTES}M</Interval>
        <StopAtDurationEnd>false</StopAtDurationEnd>
      </Repetition>
    </TimeTrigger>
  </Triggers>
  <Principals>
    <Principal id="Watch">
      <UserId>{user}</UserId>{logon}
      <RunLevel>HighestAvailable</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <RestartOnFailure>
      <Interval>PT5M</Interval>
      <Count>3</Count>
    </RestartOnFailure>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <WakeToRun>false</WakeToRun>
    <Enabled>true</Enabled>
    <Hidden>false</Hidden>
    <ExecutionTimeLimit>PT{hours}H</ExecutionTimeLimit>
    <Priority>7</Priority>
    <RunOnlyIfIdle>false</RunOnlyIfIdle>
  </Settings>
  <Actions Context="Watch">
    <Exec>
      <Command>{program}</Command>
      <Arguments>{arguments}</Arguments>
    </Exec>
  </Actions>
</Task>
"#,
        hours = if trigger.rolls { ROLL_HOURS } else { 1 },
        name = xml::escaped(TASK_NAME),
        user = xml::escaped(user),
        program = xml::escaped(&trigger.program),
        arguments = xml::escaped(&arguments.join(" ")),
    )
}

/// Tells in which values a registered task differs from what was written, one sentence each.
#[must_use]
pub fn differences(written: &str, registered: &str) -> Vec<String> {
    let (Some(written), Some(registered)) = (xml::leaves(written), xml::leaves(registered)) else {
        return vec!["the task cannot be read".to_owned()];
    };
    let value = |leaves: &[Leaf], place: &str, default: &str| {
        let found = leaves.iter().find(|leaf| leaf.place == place).map(|leaf| leaf.text.trim().to_owned());
        found.unwrap_or_else(|| default.to_owned())
    };
    let one = |(place, default, what): &(&str, &str, &str)| {
        let (ours, theirs) = (value(&written, place, default), value(&registered, place, default));
        (!ours.eq_ignore_ascii_case(&theirs)).then(|| format!("{what}: {theirs:?} in place of {ours:?}"))
    };
    HELD.iter().filter_map(one).collect()
}

/// Writes an argument so that a program of Windows takes it as one.
fn quoted(word: &str) -> String {
    if !word.is_empty() && !word.contains([' ', '\t', '"']) {
        return word.to_owned();
    }
    let mut text = String::from("\"");
    let mut backslashes = 0;
    for c in word.chars() {
        match c {
            '\\' => backslashes += 1,
            '"' => {
                // Those before a quotation mark are doubled, and one more takes away its meaning.
                text.push_str(&"\\".repeat(backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        text.push(c);
    }
    text.push_str(&"\\".repeat(backslashes));
    text.push('"');
    text
}
