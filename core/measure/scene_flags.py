"""Flags of a run's scene: what was noticed of it, and of snow around the outlines that its site has now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.measure.seasonal_snow import SNOW_CODE, snow_findings
from core.types import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.measure.ledger import Ledger

    Findings = tuple[Finding, ...]

WHICH = ("The first run", "The second run")


def with_snow(findings: Findings, ledger: Ledger | None) -> Findings:
    """A run's findings with the warning of snow around the present outlines, in place of any older one.

    `ledger`: of the run and these outlines; None where there is none.
    """
    own = tuple(finding for finding in findings if finding.code != SNOW_CODE)
    return (*own, *snow_findings(ledger.snow if ledger else None))


def flags(before: Findings, after: Findings, differing: Findings = ()) -> Iterator[Finding]:
    """The warnings of two scenes that are compared, each with the run that it concerns.

    `differing`: what `core.measure.comparability.differences` tells already, which is not said twice.
    """
    known = {finding.code for finding in differing}
    told: dict[tuple[str, str], list[str]] = {}
    for which, findings in zip(WHICH, (before, after), strict=True):
        for finding in findings:
            as_difference = finding.code.replace("missing-", "other-")
            if finding.severity is Severity.WARNING and as_difference not in known:
                told.setdefault((finding.code, finding.message), []).append(which)
    for (code, message), runs in told.items():
        named = runs[0] if len(runs) == 1 else "Both runs"
        yield Finding(Severity.WARNING, code, f"{named}: {message}")
