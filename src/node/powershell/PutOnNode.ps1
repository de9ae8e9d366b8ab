# Puts the program on a node: beside its place first, and into it once the node has computed the wanted hash.
$Prepare = {
    param($Folder)
    $Made = New-Item -ItemType Directory -Path $Folder -Force
}
$Finish = {
    param($Part, $Program, $Sha256)
    $Hash = Get-FileHash -LiteralPath $Part -Algorithm SHA256
    if ($Hash.Hash -eq $Sha256) {
        Move-Item -LiteralPath $Part -Destination $Program -Force
    }
    [string]$Hash.Hash
}
try {
    $Stage = 'running'
    Invoke-Command -Session $Session -ScriptBlock $Prepare -ArgumentList @($Request.folder)
    Copy-Item -LiteralPath $Request.file -Destination $Request.part -ToSession $Session -Force
    $Sum = Invoke-Command -Session $Session -ScriptBlock $Finish -ArgumentList @($Request.part, $Request.program, $Request.sha256)
    $Stage = 'after'
} finally {
    Remove-PSSession -Session $Session -ErrorAction SilentlyContinue
}
$Value = [ordered]@{
    sha256 = [string]$Sum
}
