# Reads the certificate rows of the deployment.
$Rows = @(Get-CrmCertificate)
$Value = [ordered]@{
    rows = @($Rows | ForEach-Object { [ordered]@{ id = [string]$_.Id; name = [string]$_.Name; certificateType = [string]$_.CertificateType; data = [string]$_.Data; storeName = [string]$_.StoreName; storeLocation = [string]$_.StoreLocation; storeFindType = [string]$_.StoreFindType } })
}
