"""Layers that know nothing of the model they serve."""

from whisperwave.nn.convolution import DilatedConvolution

__all__ = ["DilatedConvolution"]
