"""Where work is done: the option and what is meant by it."""

import os
from typing import TYPE_CHECKING

import click

from whisperwave.errors import ConfigError

if TYPE_CHECKING:
    from whisperwave.workers import Workers

cluster_option = click.option(
    "--cluster", metavar="auto|HOST:PORT", help="Have this Ray cluster do the work."
)


def named_cluster(address: str | None) -> "Workers | None":
    """The cluster that was named, or None.

    Raises:
        ConfigError: ``BAD_CLUSTER``.
    """
    from whisperwave.workers import Cluster

    return None if address is None else Cluster(address)


def workers_for(cluster: str | None, processes: int | None) -> "Workers":
    """Who is to do the work: a cluster, or processes, by default one a core.

    Raises:
        ConfigError: ``TWO_PLACES``, both are asked for; ``BAD_CLUSTER``.
    """
    from whisperwave.workers import Processes

    if cluster is not None and processes is not None:
        raise ConfigError(
            "TWO_PLACES", f"{processes} processes and the cluster {cluster!r} are both asked for.",
            "Say --workers or --cluster; a cluster uses all its cores.",
        )  # fmt: skip
    count = (os.cpu_count() or 1) if processes is None else max(0, processes)
    return named_cluster(cluster) or Processes(count)
