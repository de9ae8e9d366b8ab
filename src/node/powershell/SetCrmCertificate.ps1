# Writes the row of one type, if the row is still what the caller has seen.
$Before = @(Get-CrmCertificate | Where-Object { [string]$_.CertificateType -eq $Request.certificateType })
$Present = @($Before | ForEach-Object { [string]$_.Data }) -join '|'
if ($Present -cne $Request.expectedData) { throw 's2scert:row-moved' }
if (-not (Test-Path -LiteralPath $Request.dataFile -PathType Leaf)) { throw 's2scert:certificate-file-absent' }
$Parameters = @{
    CertificateType = [string]$Request.certificateType
    StoreName = 'My'
    StoreLocation = 'LocalMachine'
    StoreFindType = 'FindBySubjectDistinguishedName'
    DataFile = [string]$Request.dataFile
}
if ($null -ne $Request.name) {
    $Parameters = $Parameters + @{ Name = [string]$Request.name }
}
$Stage = 'running'
$null = Set-CrmCertificate @Parameters
$Stage = 'after'
$Rows = @(Get-CrmCertificate)
$Value = [ordered]@{
    rows = @($Rows | ForEach-Object { [ordered]@{ id = [string]$_.Id; name = [string]$_.Name; certificateType = [string]$_.CertificateType; data = [string]$_.Data; storeName = [string]$_.StoreName; storeLocation = [string]$_.StoreLocation; storeFindType = [string]$_.StoreFindType } })
}
