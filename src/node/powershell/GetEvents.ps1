# Reads the events of the Application log that the request asks for. The class leaves out what may not be read, and says nothing: a log
# that is not shown at all is told apart from one without such events.
$Log = @(Get-CimInstance -ClassName 'Win32_NTEventlogFile' -Filter 'LogfileName = "Application"')
if ($Log.Count -eq 0) { throw 's2scert:event-log-absent' }
$Events = @(Get-CimInstance -ClassName 'Win32_NTLogEvent' -Filter $Request.query | Select-Object -First 50)
$Value = [ordered]@{
    events = @($Events | ForEach-Object { [ordered]@{ source = [string]$_.SourceName; code = $_.EventCode; severity = $_.EventType; at = $_.TimeGenerated.ToUniversalTime().ToString('o'); message = [string]$_.Message } })
}
