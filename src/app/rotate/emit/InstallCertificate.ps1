# Imports the PFX into LocalMachine\My with a machine key. The provider and the KeySpec are those that the PFX names.
if (-not (Test-Path -LiteralPath $Request.certificateFile -PathType Leaf)) { throw 's2scert:pfx-absent' }
$Bag = New-Object -TypeName 'System.Security.Cryptography.X509Certificates.X509Certificate2Collection'
$Bag.Import([string]$Request.certificateFile, [string]$Request.password, 'MachineKeySet, PersistKeySet')
$Own = @($Bag | Where-Object { ($_.Thumbprint -eq $Request.thumbprint) -and $_.HasPrivateKey })
if ($Own.Count -ne 1) { throw 's2scert:not-in-pfx' }
$Store = New-Object -TypeName 'System.Security.Cryptography.X509Certificates.X509Store' -ArgumentList 'My', 'LocalMachine'
$Store.Open('ReadWrite')
$Stage = 'running'
$Store.Add($Own[0])
$Stage = 'after'
$Store.Close()
Remove-Item -LiteralPath $Request.certificateFile
$Value = [ordered]@{ installed = [string]$Own[0].Thumbprint }
