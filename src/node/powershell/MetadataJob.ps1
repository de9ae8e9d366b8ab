# Finds the job that reads the metadata of trusted issuers. One of Microsoft's pages misspells its name.
$Job = Get-SPTimerJob | Where-Object { $_.Name -match 'RefreshMetada(ta)?Feed' }
if (@($Job).Count -ne 1) { throw 's2scert:job-not-one' }
