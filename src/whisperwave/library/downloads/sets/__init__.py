"""The public data sets, one file each: what it is, where it is, and how its archive is laid out."""
