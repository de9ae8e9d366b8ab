# Tells which CertificateReconfiguration.ps1 would run, without running it. Reads only.
$Value = [ordered]@{
    file = [string]$File
    sha256 = [string]$Hash.Hash
    signature = [string]$Signature.Status
    serverVersion = [string]$Registry.CRM_Server_Version
}
