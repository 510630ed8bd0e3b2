"""How fast families, runtimes and precisions are beside each other, on this machine, in one run.

`measuring` holds what every benchmark needs, `wavenet_ways` the ways to generate that are compared;
each other module answers one question. Here torch and ONNX are only what is measured: a way whose
packages are not installed is left out.
"""
