"""What computes a run: the device, the machine that its bits depend on, and the processes.

How many there are and which is this one, what they say to each other, and whose crops are whose.
"""
