"""How often Python looks for garbage that reference counts don't find."""

import gc

GARBAGE_AFTER = 20_000  # objects; a chunk of rows or a page makes that many, and nearly none of them is garbage of that kind


def look_seldom() -> None:
    """Leave out for good what the program is made of, and look at what has come since more seldom.

    To be called once a process, when everything is read. Each full look through all of Django took a tenth of a second, now and
    then, of whoever's request or chunk it fell into.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)
