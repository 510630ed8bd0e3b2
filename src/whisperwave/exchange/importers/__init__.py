"""One file a foreign checkpoint, found by its file name.

An importer has ``recognises(path, start)`` and ``gather(path)``, which run here and look at no more
than names and first bytes; and ``plain(files)`` and ``foretell(files, plain, question)``, which run
in the limited child process, where bytes of strangers belong.
"""
