# SPDX-License-Identifier: GPL-2.0-only
"""What measurements of scripts/claims end with."""


class Missing(Exception):
    """Something that is needed is not here: exit code 6."""


class Broken(Exception):
    """A measurement did not come about: the claim fails, with this reason."""


class Figure:
    """What was measured. holds is None where it cannot be said."""

    def __init__(self, text, holds, launches, asked, unit="launches"):
        self.text, self.holds, self.launches, self.asked, self.unit = text, holds, launches, asked, unit
