"""Layers that know nothing of the model they serve."""

from whisperwave.nn.class_convolution import ClassConvolution, class_values
from whisperwave.nn.convolution import DilatedConvolution
from whisperwave.nn.gated_network import Conditions, GatedNetwork, State
from whisperwave.nn.heads import Head, MixtureHead, SoftmaxHead
from whisperwave.nn.scaled_linear import ScaledLinear
from whisperwave.nn.value_convolution import USUAL_VALUE, ValueConvolution, nearest_line

__all__ = [
    "USUAL_VALUE",
    "ClassConvolution",
    "Conditions",
    "DilatedConvolution",
    "GatedNetwork",
    "Head",
    "MixtureHead",
    "ScaledLinear",
    "SoftmaxHead",
    "State",
    "ValueConvolution",
    "class_values",
    "nearest_line",
]
