"""Reading what other projects write: bytes of strangers, only ever in the limited child process."""
