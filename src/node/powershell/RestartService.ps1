# Restarts one service that runs. One that stands still is left so.
$Service = @(Get-Service | Where-Object { $_.Name -eq $Request.name })
if ($Service.Count -ne 1) { throw 's2scert:service-absent' }
$Running = @($Service | Where-Object { [string]$_.Status -eq 'Running' })
if ($Running.Count -ne 1) { throw 's2scert:service-not-running' }
$Stage = 'running'
Restart-Service -InputObject $Running -Force
$Stage = 'after'
$After = @(Get-Service | Where-Object { $_.Name -eq $Request.name })
$Value = [ordered]@{ states = @($After | ForEach-Object { [string]$_.Status }) }
