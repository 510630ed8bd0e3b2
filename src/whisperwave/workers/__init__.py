"""Who does the work: one thing done to many items, here, by processes, or on a cluster."""

from whisperwave.workers.cluster import Cluster
from whisperwave.workers.door import Needs, Workers
from whisperwave.workers.processes import Processes

__all__ = ["Workers", "Needs", "Processes", "Cluster"]
