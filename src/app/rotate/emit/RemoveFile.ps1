# Removes the PFX that was copied to this server, if it is still there.
$There = Test-Path -LiteralPath $Request.certificateFile -PathType Leaf
$Stage = 'running'
if ($There) { Remove-Item -LiteralPath $Request.certificateFile }
$Stage = 'after'
$Value = [ordered]@{ removed = $There; left = (Test-Path -LiteralPath $Request.certificateFile) }
