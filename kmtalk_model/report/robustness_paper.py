"""Table 4 of the paper, as it is printed there: BIWI-Test-A, not a corpus of ours."""

from __future__ import annotations

from dataclasses import dataclass

CAPTION = "The paper's own (KMTalk, Table 4, BIWI-Test-A)"
LVE_UNIT, FDD_UNIT = "10⁻⁴ mm", "10⁻⁵ mm"
NOTE = (
    "The units are as the paper prints them; both errors are of squared lengths, and BIWI's meshes are commonly scaled "
    "to unit surface area, so they are hardly millimetres. It is another corpus, with other recognisers and another "
    "mesh: compare the changes against the first row, not the figures. The paper gives no intervals."
)


@dataclass(frozen=True)
class PaperRow:
    """A way to localize phonemes, and the errors of the network that is trained on it: LVE in 1e-4, FDD in 1e-5."""

    method: str
    lve: float
    fdd: float

    @property
    def lve_change(self) -> float:
        """Against the first row, as a share of it."""
        return self.lve / TABLE_4[0].lve - 1

    @property
    def fdd_change(self) -> float:
        """Likewise."""
        return self.fdd / TABLE_4[0].fdd - 1


TABLE_4 = (
    PaperRow("Auto-avsr", 3.9654, 2.5446),
    PaperRow("Whisper-large", 4.0718, 2.8141),
    PaperRow("Whisper-tiny", 4.0643, 2.8083),
    PaperRow("Auto-avsr, key frames one frame later", 3.9991, 2.6420),
)
