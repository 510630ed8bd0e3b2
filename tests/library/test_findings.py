import numpy as np
import pytest

from whisperwave.library.findings import Findings


@pytest.mark.parametrize("frames", [1, 255, 256, 1000, 65_536])
@pytest.mark.parametrize("channels", [1, 2, 5])
def test_the_shift_of_whole_numbers_is_exact_however_long_the_block(generator, frames, channels):
    block = generator.integers(-(2**15), 2**15, (frames, channels)).astype(np.int16)
    block[:, -1] = 2**15 - 1  # the greatest sum that there is
    findings = Findings(0)
    findings.update(block)
    sums = block.astype(np.int64).sum(axis=0)
    assert findings.as_mapping()["dc"] == np.abs(sums).max() / 2.0**15 / frames


def test_floats_are_found_as_the_whole_numbers_that_they_stand_for(generator):
    block = generator.integers(-(2**15), 2**15, (3000, 2)).astype(np.int16)
    whole, floats = Findings(0), Findings(0)
    whole.update(block)
    floats.update(block.astype(np.float32) / 2**15)
    assert whole.as_mapping() == floats.as_mapping()
