# Reads the servers of the deployment and their roles.
$Servers = @(Get-CrmServer)
$Value = [ordered]@{
    servers = @($Servers | ForEach-Object { [ordered]@{ name = [string]$_.Name; fullName = [string]$_.FullName; roles = [string]$_.Roles; state = [string]$_.State; version = [string]$_.Version } })
}
