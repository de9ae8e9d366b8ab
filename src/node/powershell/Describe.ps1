# What PowerShell is on this machine, and what of a call it writes down. Reads only.
$Policies = @(Get-ExecutionPolicy -List | ForEach-Object { [ordered]@{ scope = [string]$_.Scope; policy = [string]$_.ExecutionPolicy } })
$Logging = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\PowerShell'
$Modules = Get-ItemProperty -LiteralPath (Join-Path -Path $Logging -ChildPath 'ModuleLogging') -ErrorAction SilentlyContinue
$Blocks = Get-ItemProperty -LiteralPath (Join-Path -Path $Logging -ChildPath 'ScriptBlockLogging') -ErrorAction SilentlyContinue
$Transcripts = Get-ItemProperty -LiteralPath (Join-Path -Path $Logging -ChildPath 'Transcription') -ErrorAction SilentlyContinue
$AppLocker = Get-ItemProperty -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Services\AppIDSvc' -ErrorAction SilentlyContinue
$Rules = @('Exe', 'Script', 'Dll') | Where-Object { Test-Path -LiteralPath (Join-Path -Path 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\SrpV2' -ChildPath $_) }
$Guard = Get-CimInstance -Namespace 'root\Microsoft\Windows\DeviceGuard' -ClassName 'Win32_DeviceGuard' -ErrorAction SilentlyContinue
$Disks = @(Get-CimInstance -ClassName 'Win32_LogicalDisk' -ErrorAction SilentlyContinue | Where-Object { $_.DriveType -eq 3 })
$Restart = Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending'
$Identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
$Value = [ordered]@{
    version = [string]$PSVersionTable.PSVersion
    edition = [string]$PSVersionTable.PSEdition
    is64Bit = [Environment]::Is64BitProcess
    languageMode = [string]$ExecutionContext.SessionState.LanguageMode
    policies = $Policies
    effectivePolicy = [string](Get-ExecutionPolicy)
    moduleLogging = [bool]$Modules.EnableModuleLogging
    scriptBlockLogging = [bool]$Blocks.EnableScriptBlockLogging
    invocationLogging = [bool]$Blocks.EnableScriptBlockInvocationLogging
    transcription = [bool]$Transcripts.EnableTranscripting
    transcriptFolder = [string]$Transcripts.OutputDirectory
    appLockerStart = $AppLocker.Start
    appLockerRules = @($Rules)
    codeIntegrity = $Guard.UsermodeCodeIntegrityPolicyEnforcementStatus
    disks = @($Disks | ForEach-Object { [ordered]@{ name = [string]$_.DeviceID; free = $_.FreeSpace } })
    restartPending = [bool]$Restart
    identity = [string]$Identity.Name
    authentication = [string]$Identity.AuthenticationType
    impersonation = [string]$Identity.ImpersonationLevel
}
