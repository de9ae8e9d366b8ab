# What the job is after the act, read anew.
$Now = Get-SPTimerJob | Where-Object { $_.Name -eq $Job.Name }
$Runs = @($Now.HistoryEntries | Where-Object { $null -ne $_ } | Select-Object -First 10)
$Active = @($Farm.TimerService.RunningJobs | Where-Object { $_.JobDefinitionTitle -eq $Now.Title })
$Value = [ordered]@{
    name = [string]$Now.Name
    wasHeld = [bool]$Job.IsDisabled
    held = [bool]$Now.IsDisabled
    schedule = [string]$Now.Schedule
    running = $Active.Count
    lastRun = $Now.LastRunTime.ToString('o')
    lastRunKind = [string]$Now.LastRunTime.Kind
    runs = @($Runs | ForEach-Object { [ordered]@{ started = $_.StartTime.ToString('o'); ended = $_.EndTime.ToString('o'); status = [string]$_.Status; server = [string]$_.ServerName } })
}
