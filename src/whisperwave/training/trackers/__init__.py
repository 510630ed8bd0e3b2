"""Other places that a run is told to, one file each; none is asked unless it is named."""
