# Loads the deployment cmdlets of Dynamics.
$Snapin = @(Get-PSSnapin -Registered -ErrorAction SilentlyContinue | Where-Object { $_.Name -eq 'Microsoft.Crm.PowerShell' })
if ($Snapin.Count -eq 0) { throw 's2scert:crm-snapin-absent' }
Add-PSSnapin -Name 'Microsoft.Crm.PowerShell'
