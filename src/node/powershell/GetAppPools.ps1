# Reads the application pools with identity and state, and the worker processes.
Import-Module -Name 'WebAdministration'
$Pools = @(Get-ChildItem -LiteralPath 'IIS:\AppPools')
$Workers = @(Get-CimInstance -ClassName 'Win32_Process' -Filter 'Name = "w3wp.exe"')
$Value = [ordered]@{
    pools = @($Pools | ForEach-Object { [ordered]@{ name = [string]$_.Name; state = [string]$_.State; identityType = [string]$_.processModel.identityType; userName = [string]$_.processModel.userName } })
    workers = @($Workers | ForEach-Object { [ordered]@{ id = $_.ProcessId; commandLine = [string]$_.CommandLine; started = $_.CreationDate.ToUniversalTime().ToString('o') } })
}
