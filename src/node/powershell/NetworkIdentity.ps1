# Whether this session has credentials to go on with: one read of the domain's SYSVOL share. Reads only.
$System = Get-CimInstance -ClassName 'Win32_ComputerSystem'
if ($System.PartOfDomain -ne $true) { throw 's2scert:no-domain' }
$Share = '\\{0}\SYSVOL' -f $System.Domain
try {
    $Entries = @(Get-ChildItem -LiteralPath $Share -ErrorAction Stop)
    $Value = [ordered]@{ share = $Share; reached = ($Entries.Count -gt 0); message = $null }
} catch {
    $Value = [ordered]@{ share = $Share; reached = $false; message = [string]$_.Exception.Message }
}
