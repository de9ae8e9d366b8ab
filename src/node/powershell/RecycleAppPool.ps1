# Recycles one application pool that runs.
Import-Module -Name 'WebAdministration'
$Pool = @(Get-ChildItem -LiteralPath 'IIS:\AppPools' | Where-Object { $_.Name -eq $Request.name })
if ($Pool.Count -ne 1) { throw 's2scert:pool-absent' }
$Running = @($Pool | Where-Object { [string]$_.State -eq 'Started' })
if ($Running.Count -ne 1) { throw 's2scert:pool-not-running' }
$Stage = 'running'
Restart-WebAppPool -Name $Request.name
$Stage = 'after'
$After = @(Get-ChildItem -LiteralPath 'IIS:\AppPools' | Where-Object { $_.Name -eq $Request.name })
$Value = [ordered]@{ states = @($After | ForEach-Object { [string]$_.State }) }
