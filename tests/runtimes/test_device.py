"""A device that asks for sound in a thread of its own, as PortAudio does: as fast as it can, or at
its pace; what it hears is kept."""

import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from whisperwave.errors import ConfigError, OutputError
from whisperwave.runtimes.device import Device
from whisperwave.runtimes.ring import FADE_SECONDS

RATE = 48_000
BLOCK = 480
FADE = round(FADE_SECONDS * RATE)


class Driver:
    """What behaves like the module `sounddevice`.

    Args:
        pace: how many times faster than real the device asks; None never waits.
        late: the blocks of which the device says that they came too late.
        breaks_at: the block at which the device is gone.
    """

    def __init__(self, pace=None, late=(), breaks_at=None):
        self.pace, self.late, self.breaks_at = pace, late, breaks_at
        self.opened, self.heard, self.closed = None, [], False

    def OutputStream(self, **how):  # noqa: N802
        if how["device"] == "nowhere":
            raise ValueError("No output device matching 'nowhere'")
        if how["device"] == "busy":
            raise RuntimeError("Device unavailable")
        self.opened = how
        return self

    def query_devices(self):
        names = (("speakers", 2), ("microphone", 0), ("headphones", 2))
        return [{"name": name, "max_output_channels": count} for name, count in names]

    def start(self):
        self.active = True
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self):
        self.active = False
        self._thread.join()

    def close(self):
        self.closed = True
        if hasattr(self, "_thread"):
            self.stop()

    def _run(self):
        number, began = 0, time.monotonic()
        while self.active:
            if number == self.breaks_at:
                self.active = False
                return
            out = np.full((BLOCK, self.opened["channels"]), np.nan, np.float32)
            flags = SimpleNamespace(output_underflow=True) if number in self.late else None
            self.opened["callback"](out, BLOCK, None, flags)
            self.heard.append(out)
            number += 1
            pause = 0.0
            if self.pace:
                pause = began + number * BLOCK / RATE / self.pace - time.monotonic()
            time.sleep(max(pause, 0.0))

    @property
    def sound(self):
        return np.concatenate(self.heard).T


def played(driver, blocks, stop=None, ahead=0.1, **how):
    device = Device(block=BLOCK, ahead_seconds=ahead, driver=driver, **how)
    return device.play(blocks, 2, RATE, stop or threading.Event())


def noise(seconds, seed=0):
    return np.random.default_rng(seed).uniform(0.1, 0.5, (2, round(seconds * RATE))).astype("f4")


def cut(sound, size=1_000):
    return [sound[:, at : at + size] for at in range(0, sound.shape[1], size)]


def test_all_of_a_sound_is_played_at_real_pace():
    driver, sound = Driver(pace=1.0), noise(0.6)
    heard = played(driver, cut(sound), ahead=0.5)
    np.testing.assert_array_equal(driver.sound[:, : sound.shape[1]], sound)
    assert not driver.sound[:, sound.shape[1] :].any()
    assert (heard.samples, heard.underruns, heard.missing_seconds) == (sound.shape[1], 0, 0.0)
    assert driver.closed


def test_a_sound_shorter_than_the_ring_is_played_too():
    driver, sound = Driver(pace=5.0), noise(0.03)
    assert played(driver, cut(sound), ahead=5.0).samples == sound.shape[1]
    np.testing.assert_array_equal(driver.sound[:, : sound.shape[1]], sound)


def test_the_device_is_opened_as_it_was_asked_for():
    driver = Driver(pace=50.0)
    played(driver, cut(noise(0.1)), name="speakers")
    wanted = {"samplerate": RATE, "blocksize": BLOCK, "channels": 2, "dtype": "float32"}
    assert driver.opened.items() >= (wanted | {"device": "speakers"}).items()
    played(driver, cut(noise(0.1)), name="2")
    assert driver.opened["device"] == 2


class ByHand(Driver):
    """Asks when it is told to, and once whenever somebody looks whether it is still there."""

    def start(self):
        self.started = True

    def stop(self):
        self.started = False

    close = stop

    @property
    def active(self):
        self.ask(1)
        return True

    def ask(self, times):
        for _ in range(times):
            out = np.full((BLOCK, 2), np.nan, np.float32)
            self.opened["callback"](out, BLOCK, None, None)
            self.heard.append(out)


def test_a_maker_that_is_too_slow_is_counted_exactly_and_never_clicks():
    driver, ones = ByHand(), np.ones((2, 4_800), np.float32)  # as much as the ring holds

    def slow():
        yield ones
        yield ones[:, :BLOCK]  # there is room when the device was started and has asked once
        for count in (11, 30, 12):
            driver.ask(count)  # nine blocks are there, and what a fade needs is kept back
            yield ones[:, : 4_800 - 2 * FADE]
        yield ones * np.linspace(1, 0, 4_800, dtype=np.float32)

    heard = played(driver, slow(), ahead=0.1)
    assert heard.underruns == 3
    assert heard.samples == 2 * 4_800 + BLOCK + 3 * (4_800 - 2 * FADE)
    sound = driver.sound[0]
    assert np.abs(np.diff(sound)).max() <= 1.0 / FADE + 1e-6
    last = np.flatnonzero(sound)[-1]
    silence = (sound[:last] == 0.0).sum() / RATE
    assert heard.missing_seconds == pytest.approx(silence, abs=1e-9)
    assert heard.missing_seconds > 0.2


def test_a_maker_that_stops_for_a_moment_is_heard_as_one_gap():
    driver = Driver(pace=1.0)

    def hesitating():
        yield from cut(noise(0.7))
        while driver.heard[-1].any():
            time.sleep(0.01)
        yield from cut(noise(0.25))  # less than half of the ring: all of it, before it is heard

    heard = played(driver, hesitating(), ahead=0.6)
    assert heard.underruns == 1
    assert heard.missing_seconds > 0.0
    assert heard.samples == round(0.95 * RATE)


def test_a_device_that_asks_faster_than_anybody_could_make_gets_every_sample_once():
    driver, sound = Driver(pace=None), noise(0.5)
    heard = played(driver, cut(sound, 333))
    assert heard.samples == sound.shape[1]
    assert heard.underruns > 0
    loud = driver.sound[0][driver.sound[0] != 0.0]
    assert len(loud) == sound.shape[1]
    assert np.isin(sound[0, :FADE], loud).all()


def test_blocks_that_the_device_itself_missed_are_counted():
    assert played(Driver(pace=20.0, late=(1, 3)), cut(noise(0.5))).late == 2


def test_stopped_it_fades_away_and_ends_soon():
    driver, stop = Driver(pace=1.0), threading.Event()

    def endless():
        for number in range(10_000):
            if number == 40:
                stop.set()
            yield np.ones((2, 1_000), np.float32)

    heard = played(driver, endless(), stop)
    assert heard.samples < 60 * 1_000
    assert heard.underruns == 0
    assert np.abs(np.diff(driver.sound[0])).max() <= 1.0 / FADE + 1e-6
    assert driver.sound[0, -1] == 0.0


def test_a_device_that_is_gone_is_said_and_closed():
    driver = Driver(pace=5.0, breaks_at=20)
    with pytest.raises(OutputError) as caught:
        played(driver, cut(noise(3.0)))
    assert caught.value.code == "DEVICE_LOST"
    assert driver.closed


@pytest.mark.parametrize(
    ("name", "code", "remedy"),
    [("nowhere", "NO_SUCH_DEVICE", "headphones"), ("busy", "DEVICE_FAILED", "aplay")],
)
def test_a_device_that_cannot_be_had_is_said(name, code, remedy):
    with pytest.raises(OutputError, match=remedy) as caught:
        played(Driver(), [], name=name)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("given", "code"), [(None, "NO_SOUNDDEVICE"), (OSError("PortAudio not found"), "NO_PORTAUDIO")]
)
def test_without_the_package_or_its_library_the_remedy_says_what_to_install(
    monkeypatch, tmp_path, given, code
):
    if given is None:
        monkeypatch.setitem(sys.modules, "sounddevice", None)
    else:
        monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
        (tmp_path / "sounddevice.py").write_text(f"raise {given!r}")
        monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(OutputError) as caught:
        Device()
    assert caught.value.code == code
    assert "install" in caught.value.remedy


@pytest.mark.parametrize(
    "numbers", [{"block": 1}, {"block": 10**6}, {"ahead_seconds": 0}, {"ahead_seconds": np.nan}]
)
def test_impossible_numbers_are_refused(numbers):
    with pytest.raises(ConfigError, match="out of range"):
        Device(driver=Driver(), **numbers)
