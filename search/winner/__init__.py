"""From a finished trial to what can be taken away: exported files, checked by loading them again."""
