# Adds read access to the key for each account. What others may do stays as it is.
if ($null -eq $KeyFile) { throw 's2scert:no-csp-key' }
$Acl = [System.IO.File]::GetAccessControl($KeyFile, 'Access')
$Before = [string]$Acl.Sddl
foreach ($Name in @(([string]$Request.accounts) -split '\|' | Where-Object { $_ -ne '' })) {
    if ($Name -match '^S-1-') {
        $Identity = New-Object -TypeName 'System.Security.Principal.SecurityIdentifier' -ArgumentList $Name
    } else {
        $Identity = New-Object -TypeName 'System.Security.Principal.NTAccount' -ArgumentList $Name
    }
    $Rule = New-Object -TypeName 'System.Security.AccessControl.FileSystemAccessRule' -ArgumentList $Identity, 'Read', 'Allow'
    $Acl.AddAccessRule($Rule)
}
$Stage = 'running'
[System.IO.File]::SetAccessControl($KeyFile, $Acl)
$Stage = 'after'
$Value = [ordered]@{ before = $Before; after = [string]([System.IO.File]::GetAccessControl($KeyFile, 'Access')).Sddl }
