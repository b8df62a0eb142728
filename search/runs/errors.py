"""What can be wrong with a run; here alone, so that a verb's --help need not load what raises it."""


class StudyError(ValueError):
    """A study cannot be opened: the storage is unknown or out of reach, damaged, or another run's."""


class PlaceError(ValueError):
    """A search cannot run where it was told to: nothing answers there, or it cannot hold a trial."""
