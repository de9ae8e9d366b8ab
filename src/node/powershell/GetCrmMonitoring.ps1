# Reads from which share of its lifetime on the deployment itself warns of a certificate.
$Settings = @(Get-CrmSetting -SettingType 'MonitoringSettings')
$Value = [ordered]@{
    thresholds = @($Settings | ForEach-Object { [string]$_.CertificateLifetimeNotificationThreshold })
}
