# Reads the metadata document by its address. Behind a load balancer another web server may answer: see the runbook.
[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
$Answer = Invoke-WebRequest -Uri $Request.address -UseBasicParsing -TimeoutSec 60 -MaximumRedirection 0
$Document = $Answer.Content | ConvertFrom-Json
$Value = [ordered]@{
    issuer = [string]$Document.issuer
    keys = @($Document.keys | Where-Object { $null -ne $_ } | ForEach-Object { [string]$_.keyValue.value })
}
