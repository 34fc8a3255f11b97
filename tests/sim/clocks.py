"""Wall clocks that are wrong in the ways in which clocks are wrong."""

from __future__ import annotations

from tests.sim import loop as loops

PARTS_PER_MILLION = 1_000_000


class VirtualClock:
    """`ports.Clock` of one machine: true virtual time, bent by an offset, a drift, steps and a freeze.

    It survives the processes that read it, as a machine's clock does. Integers only: no float time.
    """

    def __init__(self, loop: loops.SimLoop, offset_ms: int = 0, drift_ppm: int = 0) -> None:
        self._loop = loop
        self._offset_ms = offset_ms
        self._drift_ppm = drift_ppm
        self._since_ms = loop.elapsed_ms()  # when the present drift began
        self._frozen_ms: int | None = None

    def now_ms(self) -> int:
        """What this machine believes: milliseconds since 1970 UTC."""
        if self._frozen_ms is not None:
            return self._frozen_ms
        run_ms = self._loop.elapsed_ms() - self._since_ms
        return self._loop.now_ms() + self._offset_ms + run_ms * self._drift_ppm // PARTS_PER_MILLION

    def step(self, delta_ms: int) -> None:
        """Jump, forwards or backwards."""
        self._offset_ms += delta_ms

    def drift(self, drift_ppm: int) -> None:
        """Run faster or slower from now on, by parts per million."""
        believed_ms = self.now_ms()
        self._offset_ms = believed_ms - self._loop.now_ms()
        self._drift_ppm, self._since_ms = drift_ppm, self._loop.elapsed_ms()

    def freeze(self) -> None:
        """Stand still."""
        self._frozen_ms = self.now_ms()

    def thaw(self) -> None:
        """Go on with the true time plus what was wrong before."""
        self._frozen_ms = None

    def correct(self) -> None:
        """Be right, as after the time server was reached again."""
        self._offset_ms = self._drift_ppm = 0
        self._frozen_ms = None
