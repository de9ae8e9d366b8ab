# Reads the services of Dynamics, SharePoint's timer and IIS, with account, state and start of the process.
$Services = @(Get-CimInstance -ClassName 'Win32_Service' -Filter 'Name LIKE "MSCRM%" OR Name LIKE "SPTimer%" OR Name = "W3SVC"')
$Ids = @($Services | Where-Object { $_.ProcessId -ne 0 } | ForEach-Object { $_.ProcessId })
$Processes = @(Get-CimInstance -ClassName 'Win32_Process' | Where-Object { $Ids -contains $_.ProcessId })
$Value = [ordered]@{
    services = @($Services | ForEach-Object { [ordered]@{ name = [string]$_.Name; displayName = [string]$_.DisplayName; state = [string]$_.State; startMode = [string]$_.StartMode; startName = [string]$_.StartName; processId = $_.ProcessId } })
    processes = @($Processes | ForEach-Object { [ordered]@{ id = $_.ProcessId; started = $_.CreationDate.ToUniversalTime().ToString('o') } })
}
