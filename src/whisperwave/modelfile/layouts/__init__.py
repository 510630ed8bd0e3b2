"""One file a family: the tensors that its hyperparameters promise, and what its signature must say.

A layout module holds ``KEYS`` (the hyperparameters, all whole numbers), ``DEFAULTS`` (those that
came later, with what a file says by leaving them out), ``shapes(config)``, ``state_bytes(config)``
and ``facts(config)``. A family without a file here is still readable; its
tensors are then checked for digest and finite values, but not for their shapes.
"""
