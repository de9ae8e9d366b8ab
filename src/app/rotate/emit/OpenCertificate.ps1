# Finds one certificate in LocalMachine\My, and the CSP container of its key. A key of CNG has none of these properties.
$Store = New-Object -TypeName 'System.Security.Cryptography.X509Certificates.X509Store' -ArgumentList 'My', 'LocalMachine'
$Store.Open($Request.mode)
$Found = @($Store.Certificates | Where-Object { $_.Thumbprint -eq $Request.thumbprint })
$Info = $null
$KeyFile = $null
if ($Found.Count -eq 1) {
    try { $Info = $Found[0].PrivateKey.CspKeyContainerInfo } catch { $Info = $null }
}
if ($null -ne $Info) {
    $Folder = Join-Path -Path ([Environment]::GetFolderPath('CommonApplicationData')) -ChildPath 'Microsoft\Crypto\RSA\MachineKeys'
    $KeyFile = Join-Path -Path $Folder -ChildPath ([string]$Info.UniqueKeyContainerName)
}
