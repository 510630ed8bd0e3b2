"""Layers that know nothing of the model they serve."""

from whisperwave.nn.class_convolution import ClassConvolution, class_values
from whisperwave.nn.convolution import DilatedConvolution

__all__ = ["ClassConvolution", "DilatedConvolution", "class_values"]
