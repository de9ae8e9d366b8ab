# Shows the key of the certificate, and for each account whether it may read that key.
$Names = @(([string]$Request.accounts) -split '\|' | Where-Object { $_ -ne '' })
$Acl = $null
if ($null -ne $KeyFile) { $Acl = [System.IO.File]::GetAccessControl($KeyFile, 'Access') }
$Readers = @()
foreach ($Name in $Names) {
    if ($Name -match '^S-1-') {
        $Sid = New-Object -TypeName 'System.Security.Principal.SecurityIdentifier' -ArgumentList $Name
    } else {
        $Account = New-Object -TypeName 'System.Security.Principal.NTAccount' -ArgumentList $Name
        $Sid = $Account.Translate([System.Security.Principal.SecurityIdentifier])
    }
    $Rules = @()
    if ($null -ne $Acl) {
        $Rules = @($Acl.GetAccessRules($true, $true, [System.Security.Principal.SecurityIdentifier]) | Where-Object { $_.IdentityReference -eq $Sid })
    }
    $Denied = @($Rules | Where-Object { [string]$_.AccessControlType -eq 'Deny' })
    $Allowed = @($Rules | Where-Object { ([string]$_.AccessControlType -eq 'Allow') -and (([int]$_.FileSystemRights -band 131209) -eq 131209) })
    $Readers = $Readers + @([ordered]@{ name = $Name; sid = [string]$Sid; reads = (($Allowed.Count -gt 0) -and ($Denied.Count -eq 0)) })
}
$Value = [ordered]@{
    machine = [string]$env:COMPUTERNAME
    found = $Found.Count
    hasKey = [bool]($Found | Where-Object { $_.HasPrivateKey })
    provider = [string]$Info.ProviderName
    providerType = [int]$Info.ProviderType
    keySpec = [string]$Info.KeyNumber
    machineKeySet = [bool]$Info.MachineKeyStore
    container = [string]$Info.KeyContainerName
    access = [string]$Acl.Sddl
    readers = @($Readers)
}
