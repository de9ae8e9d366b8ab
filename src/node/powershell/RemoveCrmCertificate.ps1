# Removes one row by its id, if it is of the type that the caller names. A row that is gone already is no error.
$Row = @(Get-CrmCertificate | Where-Object { [string]$_.Id -eq $Request.id })
$Removed = $false
if ($Row.Count -gt 0) {
    $Strange = @($Row | Where-Object { [string]$_.CertificateType -ne $Request.certificateType })
    if ($Strange.Count -gt 0) { throw 's2scert:row-of-another-type' }
    $Stage = 'running'
    $null = Remove-CrmCertificate -Id $Request.id -Confirm:$false
    $Stage = 'after'
    $Removed = $true
}
$Rows = @(Get-CrmCertificate)
$Value = [ordered]@{
    removed = $Removed
    rows = @($Rows | ForEach-Object { [ordered]@{ id = [string]$_.Id; name = [string]$_.Name; certificateType = [string]$_.CertificateType; data = [string]$_.Data; storeName = [string]$_.StoreName; storeLocation = [string]$_.StoreLocation; storeFindType = [string]$_.StoreFindType } })
}
