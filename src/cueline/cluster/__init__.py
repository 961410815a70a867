"""Work on a corpus spread over a Ray cluster; nothing else of Cueline knows Ray."""

from cueline.cluster.ray_map import ray_map

__all__ = ["ray_map"]
