import numpy as np
import pytest

from whisperwave.dsp.running import running_least, running_mean


@pytest.mark.parametrize("width", [1, 2, 5, 8, 100])
def test_every_number_is_that_of_its_neighbours(generator, width):
    values = generator.standard_normal(100)
    windows = np.lib.stride_tricks.sliding_window_view(values, width)
    np.testing.assert_array_equal(running_least(values, width), windows.min(axis=1))
    np.testing.assert_allclose(running_mean(values, width), windows.mean(axis=1), atol=1e-12)
