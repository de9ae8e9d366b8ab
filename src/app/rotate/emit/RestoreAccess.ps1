# Makes the access list of the key what it was. The list comes from what GrantAccess printed as `before`.
if ($null -eq $KeyFile) { throw 's2scert:no-csp-key' }
if (-not $Request.access) { throw 's2scert:no-list' }
$Acl = [System.IO.File]::GetAccessControl($KeyFile, 'Access')
$Acl.SetSecurityDescriptorSddlForm([string]$Request.access, 'Access')
$Stage = 'running'
[System.IO.File]::SetAccessControl($KeyFile, $Acl)
$Stage = 'after'
$Value = [ordered]@{ after = [string]([System.IO.File]::GetAccessControl($KeyFile, 'Access')).Sddl }
