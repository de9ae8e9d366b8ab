# The frame of every call: the data come in as one line of JSON, the answer goes out between two marker lines.
# The body of the script that is called stands where the line of the body stands.
$ErrorActionPreference = 'Stop'
$WarningPreference = 'SilentlyContinue'
$Request = $input | ConvertFrom-Json
# In another language mode the rest cannot run. What stands here can.
if ([string]$ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    Write-Output -InputObject $Request.begin
    Write-Output -InputObject '{"ok":false,"error":{"message":"s2scert:language-mode"}}'
    Write-Output -InputObject $Request.end
    exit 0
}
$Stage = 'before'
try {
    # body
    $Answer = [ordered]@{ ok = $true; value = $Value }
} catch {
    $Failure = [ordered]@{
        message = [string]$_.Exception.Message
        inner = [string]$_.Exception.InnerException.Message
        id = [string]$_.FullyQualifiedErrorId
        reason = [string]$_.CategoryInfo.Reason
        hresult = $_.Exception.HResult
        stage = $Stage
        policy = [string](Get-ExecutionPolicy)
    }
    $Answer = [ordered]@{ ok = $false; error = $Failure }
}
$Json = ConvertTo-Json -InputObject $Answer -Depth 8 -Compress
$Ascii = [regex]::Replace($Json, '[^\x20-\x7e]', { param($Match) '\u{0:x4}' -f [int][char]$Match.Value })
Write-Output -InputObject $Request.begin
Write-Output -InputObject $Ascii
Write-Output -InputObject $Request.end
