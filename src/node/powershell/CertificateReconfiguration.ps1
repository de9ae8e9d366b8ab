# Runs Microsoft's CertificateReconfiguration.ps1. The password is a one-use password of a re-sealed PFX.
if ($Hash.Hash -ne $Request.sha256) { throw 's2scert:script-changed' }
if (-not (Test-Path -LiteralPath $Request.certificateFile -PathType Leaf)) { throw 's2scert:pfx-absent' }
$Parameters = @{
    certificateFile = [string]$Request.certificateFile
    password = [string]$Request.password
    certificateType = [string]$Request.certificateType
    serviceAccount = [string]$Request.serviceAccount
}
if ($null -ne $Request.storeFindType) {
    $Parameters = $Parameters + @{ storeFindType = [string]$Request.storeFindType }
}
if ($Request.updateCrm) {
    $Parameters = $Parameters + @{ updateCrm = $true }
}
Set-Location -LiteralPath (Split-Path -Path $File)
$Stage = 'running'
# The script was written for the default. Under Stop it would break off where it means to go on.
$ErrorActionPreference = 'Continue'
$Output = & $File @Parameters *>&1
$ExitCode = $LASTEXITCODE
$ErrorActionPreference = 'Stop'
$Stage = 'after'
$Errors = @($Output | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } | Select-Object -First 50)
$Lines = @($Output | Where-Object { $_ -isnot [System.Management.Automation.ErrorRecord] } | Select-Object -First 200)
$Value = [ordered]@{
    file = [string]$File
    sha256 = [string]$Hash.Hash
    signature = [string]$Signature.Status
    exitCode = $ExitCode
    errors = @($Errors | ForEach-Object { [ordered]@{ message = [string]$_.Exception.Message; id = [string]$_.FullyQualifiedErrorId; hresult = $_.Exception.HResult } })
    output = @($Lines | ForEach-Object { [string]$_ })
}
