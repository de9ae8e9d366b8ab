# Loads the cmdlets of SharePoint: the module of the Subscription Edition, or the snap-in of older ones.
$Module = @(Get-Module -ListAvailable -Name 'SharePointServer')
$Snapin = @(Get-PSSnapin -Registered -ErrorAction SilentlyContinue | Where-Object { $_.Name -eq 'Microsoft.SharePoint.PowerShell' })
if ($Module.Count -gt 0) {
    Import-Module -Name 'SharePointServer'
} else {
    if ($Snapin.Count -eq 0) { throw 's2scert:sharepoint-absent' }
    Add-PSSnapin -Name 'Microsoft.SharePoint.PowerShell'
}
$Farm = Get-SPFarm
