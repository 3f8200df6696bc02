"""Tells the build which objects are in a component's snapshot, for it to make them immortal.

Python counts in each object who refers to it. In a run on a fresh instance of the snapshot, nearly
every page of its memory would be written, and so copied, only for that.
"""

from __future__ import annotations

import gc
import struct
from types import CodeType, FrameType, GeneratorType

#: What is around the list of addresses. Joined only there, so that no other place looks like it.
_MARK = (b"objects", b"of the", b"snapshot")


def objects() -> tuple[tuple[object, ...], bytes]:
    """The objects that are there now, and their addresses between two marks. Both are to be kept:
    an object that goes away leaves its address to something else."""
    seen: dict[int, object] = {}
    ahead = gc.get_objects()
    while ahead:
        found = ahead.pop()
        # What this function uses itself, and what ends with a call, goes away.
        if id(found) in seen or found is seen or isinstance(found, (FrameType, GeneratorType)):
            continue
        seen[id(found)] = found
        ahead += gc.get_referents(found)
        if isinstance(found, CodeType):
            # Code does not tell the garbage collector what it refers to.
            ahead += (found.co_consts, found.co_names, found.co_name, found.co_qualname)
            ahead += (found.co_filename, found.co_linetable, found.co_exceptiontable)
    mark = b" ".join(_MARK)
    addresses = struct.pack(f"<{len(seen) + 1}I", len(seen), *sorted(seen))
    return tuple(seen.values()), mark + addresses + mark
