# Starts the job. A job that is held is not started.
if ($Job.IsDisabled) { throw 's2scert:job-held' }
$Stage = 'running'
$null = Start-SPTimerJob -Identity $Job
$Stage = 'after'
