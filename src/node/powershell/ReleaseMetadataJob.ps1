# Releases the job: it runs again by its schedule.
$Stage = 'running'
$null = Enable-SPTimerJob -Identity $Job
$Stage = 'after'
