# Opens a session on another server as whoever runs this, by Kerberos only: then the server has proven who it is.
$Way = @{
    ComputerName = [string]$Request.address
    Authentication = 'Kerberos'
}
if ($null -ne $Request.port) {
    $Way = $Way + @{ Port = [string]$Request.port }
}
if ($Request.tls) {
    $Way = $Way + @{ UseSSL = $true }
}
$Session = New-PSSession @Way
