# Removes the certificate and its key. One that is not there is no error.
$Stage = 'running'
if ($null -ne $Info) {
    $Container = New-Object -TypeName 'System.Security.Cryptography.CspParameters' -ArgumentList $Info.ProviderType, $Info.ProviderName, $Info.KeyContainerName
    $Container.Flags = 'UseMachineKeyStore, UseExistingKey'
    $Container.KeyNumber = [int]$Info.KeyNumber
    $Key = New-Object -TypeName 'System.Security.Cryptography.RSACryptoServiceProvider' -ArgumentList $Container
    $Key.PersistKeyInCsp = $false
    $Key.Clear()
}
foreach ($Certificate in $Found) { $Store.Remove($Certificate) }
$Stage = 'after'
$Store.Close()
$Value = [ordered]@{ removed = $Found.Count; keyRemoved = ($null -ne $Info) }
