# Finds CertificateReconfiguration.ps1: where the registry says, then in both documented folders.
$Registry = Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\Microsoft\MSCRM' -ErrorAction SilentlyContinue
$InstallFolder = [string]$Registry.CRM_Server_InstallDir
$Programs = [Environment]::GetFolderPath('ProgramFiles')
$Folders = @((Join-Path -Path $Programs -ChildPath 'Microsoft Dynamics CRM\Tools'), (Join-Path -Path $Programs -ChildPath 'Dynamics 365\Tools'))
if ($InstallFolder) {
    $Folders = @((Join-Path -Path $InstallFolder -ChildPath 'Tools'), $InstallFolder) + $Folders
}
$Files = @($Folders | ForEach-Object { Join-Path -Path $_ -ChildPath 'CertificateReconfiguration.ps1' })
$File = $Files | Where-Object { Test-Path -LiteralPath $_ -PathType Leaf } | Select-Object -First 1
if ($null -eq $File) { throw 's2scert:script-absent' }
$Hash = Get-FileHash -LiteralPath $File -Algorithm SHA256
$Signature = Get-AuthenticodeSignature -LiteralPath $File
