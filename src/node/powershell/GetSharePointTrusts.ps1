# Reads the trusted token issuers with all their certificates, the root authorities, the realm, the service applications and the servers.
$Issuers = @(Get-SPTrustedSecurityTokenIssuer)
$Roots = @(Get-SPTrustedRootAuthority)
$Servers = @(Get-SPServer)
$Applications = @(Get-SPServiceApplication -ErrorAction SilentlyContinue)
$Proxies = @(Get-SPServiceApplicationProxy -ErrorAction SilentlyContinue)
$Value = [ordered]@{
    build = [string]$Farm.BuildVersion
    realm = [string](Get-SPAuthenticationRealm)
    issuers = @($Issuers | ForEach-Object { [ordered]@{ name = [string]$_.Name; registeredIssuerName = [string]$_.RegisteredIssuerName; metadataEndPoint = [string]$_.MetadataEndPoint; isSelfIssuer = [bool]$_.IsSelfIssuer; signing = @($_.SigningCertificate | Where-Object { $null -ne $_ } | ForEach-Object { [Convert]::ToBase64String($_.RawData) }); additional = @($_.AdditionalSigningCertificates | Where-Object { $null -ne $_ } | ForEach-Object { [Convert]::ToBase64String($_.RawData) }) } })
    roots = @($Roots | ForEach-Object { [ordered]@{ name = [string]$_.Name; certificate = [Convert]::ToBase64String($_.Certificate.RawData) } })
    applications = @($Applications | ForEach-Object { [ordered]@{ name = [string]$_.Name; kind = [string]$_.TypeName; status = [string]$_.Status } })
    proxies = @($Proxies | ForEach-Object { [ordered]@{ name = [string]$_.Name; kind = [string]$_.TypeName; status = [string]$_.Status } })
    servers = @($Servers | ForEach-Object { [ordered]@{ name = [string]$_.Address; role = [string]$_.Role } })
}
