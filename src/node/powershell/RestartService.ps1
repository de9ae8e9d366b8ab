# Restarts one service that runs. One that stands still is left so.
# Get-Service reports an error for any service that it may not query; this class does not.
$Service = @(Get-CimInstance -ClassName 'Win32_Service' | Where-Object { $_.Name -eq $Request.name })
if ($Service.Count -ne 1) { throw 's2scert:service-absent' }
$Running = @($Service | Where-Object { [string]$_.State -eq 'Running' })
if ($Running.Count -ne 1) { throw 's2scert:service-not-running' }
$Stage = 'running'
Restart-Service -Name $Request.name -Force
$Stage = 'after'
$After = @(Get-CimInstance -ClassName 'Win32_Service' | Where-Object { $_.Name -eq $Request.name })
$Value = [ordered]@{ states = @($After | ForEach-Object { [string]$_.State }) }
