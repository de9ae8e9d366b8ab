# Signs the octets of the data with the key of the certificate: RSASSA-PKCS1-v1_5 with SHA-256.
if ($Found.Count -ne 1) { throw 's2scert:certificate-not-one' }
$Key = [System.Security.Cryptography.X509Certificates.RSACertificateExtensions]::GetRSAPrivateKey($Found[0])
if ($null -eq $Key) { throw 's2scert:no-key' }
$Octets = [Convert]::FromBase64String($Request.text)
$Signature = $Key.SignData($Octets, [System.Security.Cryptography.HashAlgorithmName]::SHA256, [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
$Value = [ordered]@{ machine = [string]$env:COMPUTERNAME; signature = [Convert]::ToBase64String($Signature) }
