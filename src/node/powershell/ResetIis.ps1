# Restarts the web server of this machine.
$Tool = Join-Path -Path ([Environment]::SystemDirectory) -ChildPath 'iisreset.exe'
if (-not (Test-Path -LiteralPath $Tool -PathType Leaf)) { throw 's2scert:iis-absent' }
$Stage = 'running'
# What a program writes to standard error must not break the call off.
$ErrorActionPreference = 'Continue'
$Output = & $Tool '/restart' '/timeout:60' *>&1
$ExitCode = $LASTEXITCODE
$ErrorActionPreference = 'Stop'
$Stage = 'after'
$After = @(Get-CimInstance -ClassName 'Win32_Service' -Filter 'Name = "W3SVC"')
$Value = [ordered]@{
    exitCode = $ExitCode
    output = @($Output | Select-Object -First 50 | ForEach-Object { [string]$_ })
    states = @($After | ForEach-Object { [string]$_.State })
}
