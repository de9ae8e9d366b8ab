# Holds the job: it does not run until it is released.
$Stage = 'running'
$null = Disable-SPTimerJob -Identity $Job
$Stage = 'after'
