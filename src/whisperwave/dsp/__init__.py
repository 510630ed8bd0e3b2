"""What sound is: functions on numpy arrays, time last; no files, no torch."""
