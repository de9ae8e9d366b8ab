# Hands a request to the program on a node and brings back what it writes. It is started only if its hash is the wanted one.
$Work = {
    param($Program, $Sha256, $Text)
    $Found = ''
    $Code = $null
    $Output = @()
    if (Test-Path -LiteralPath $Program -PathType Leaf) {
        $Hash = Get-FileHash -LiteralPath $Program -Algorithm SHA256
        $Found = [string]$Hash.Hash
    }
    if ($Found -eq $Sha256) {
        $Output = @($Text | & $Program node *>&1)
        $Code = $LASTEXITCODE
    }
    $Errors = @($Output | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } | Select-Object -First 20)
    $Lines = @($Output | Where-Object { $_ -isnot [System.Management.Automation.ErrorRecord] })
    [ordered]@{
        found = $Found
        exitCode = $Code
        errors = @($Errors | ForEach-Object { [string]$_.Exception.Message })
        lines = @($Lines | ForEach-Object { [string]$_ })
    }
}
try {
    $Stage = 'running'
    $Said = Invoke-Command -Session $Session -ScriptBlock $Work -ArgumentList @($Request.program, $Request.sha256, $Request.text)
    $Stage = 'after'
} finally {
    Remove-PSSession -Session $Session -ErrorAction SilentlyContinue
}
$Value = [ordered]@{
    found = [string]$Said.found
    exitCode = $Said.exitCode
    errors = @($Said.errors | ForEach-Object { [string]$_ })
    lines = @($Said.lines | ForEach-Object { [string]$_ })
}
