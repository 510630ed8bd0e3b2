"""How fast a thing makes samples, round after round."""

import statistics
import time
from collections.abc import Callable


class Rates:
    """What one maker of samples reached."""

    def __init__(self, generate: Callable[[int], None], streams: int = 1) -> None:
        """Measure ``generate(n)``, which makes ``n`` samples of every stream."""
        self._generate = generate
        self._streams = streams
        self._most = 0.0  # samples of a stream per second, to know how many fill a round
        self.by_clock: list[float] = []
        self.by_processor: list[float] = []

    def run(self, seconds: float) -> None:
        """Generate for about ``seconds``, as the rounds before let one expect."""
        samples = max(1, round(self._most * seconds))
        clock, processor = time.perf_counter(), time.process_time()
        self._generate(samples)
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
        self._most = max(self._most, samples / clock)
        self.by_clock.append(samples * self._streams / clock)
        self.by_processor.append(samples * self._streams / processor)

    def warm_up(self, seconds: float) -> None:
        """Find out how many samples fill a round, and forget."""
        for part in (0.01, 0.1, 1.0):
            self.run(part * seconds)
        self.by_clock.clear()
        self.by_processor.clear()

    @property
    def median(self) -> float:
        """Samples of all streams per second by the clock."""
        return statistics.median(self.by_clock)

    @property
    def per_processor_second(self) -> float:
        """Samples of all streams per second of processor time of all threads."""
        return statistics.median(self.by_processor)
