"""To and from other worlds: checkpoints of other projects become model files.

The front desk is `importing`. It is not opened here, because the limited child process imports this
package too, and is to see no more of the house than it needs.
"""
