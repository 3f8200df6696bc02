"""The run's own time and randomness in place of the machine's: in a component, which has neither,
and in a unit test, which is to come to the same whenever it runs.

What is replaced is replaced in every module that has it by name, since `from time import time` and
`from datetime import datetime` keep what was there when they ran.
"""

from __future__ import annotations

import datetime
import os
import random
import time
from types import MethodType, ModuleType, SimpleNamespace
from typing import Any, Callable, Iterable, NoReturn

from . import _host

_NS_PER_MS = 1_000_000
#: The contract's most random bytes for one call.
_BYTES_MAX = 4_096
_SEED_BYTES = 32


def is_building() -> bool:
    """Whether there is no run: a component is being built."""
    return isinstance(_host.current, _host.NoHost)


def put(modules: Iterable[ModuleType]) -> list[tuple[Any, str, Any]]:
    """Replaces time and randomness in modules, those of the standard library included. What was
    there, for `restore`."""
    before = (random.Random, "seed", random.Random.seed)
    random.Random.seed = _seed  # type: ignore[method-assign]
    return [before, *swap(modules, _SUBSTITUTES)]


def swap(modules: Iterable[ModuleType], pairs: list[tuple[Any, Any]]) -> list[tuple[Any, str, Any]]:
    """Puts the second of each pair wherever modules have the first. What was there."""
    substitutes = {id(old): new for old, new in pairs}
    before = []
    for module in modules:
        for name, value in list(vars(module).items()):
            if id(value) in substitutes:
                before.append((module, name, value))
                setattr(module, name, substitutes[id(value)])
    return before


def restore(before: list[tuple[Any, str, Any]]) -> None:
    """Undoes `put`."""
    for holder, name, value in reversed(before):
        setattr(holder, name, value)


def begin() -> None:
    """As a run begins: `random` is seeded when it is first used, since few tasks use it; other
    generators at once."""
    global _is_seeded
    _is_seeded = False
    if any(generator is not _shared for generator in _unseeded):
        seed()


def seed() -> None:
    """Whatever was not seeded by the task goes on from the run's randomness."""
    global _is_seeded
    _is_seeded = True
    for generator in _unseeded:
        _random_seed(generator, urandom(_SEED_BYTES))


def urandom(count: int) -> bytes:
    """`os.urandom`. The same in every build while a component is built."""
    if is_building():
        generator = random.Random(count)
        return bytes(generator.getrandbits(8) for _ in range(count))
    parts = []
    while count > 0:
        parts.append(_host.current.random(min(count, _BYTES_MAX)))
        count -= len(parts[-1])
    return b"".join(parts)


_random_seed = random.Random.seed
#: The generator of the functions of `random`.
_shared: random.Random = random._inst  # type: ignore[attr-defined]
_is_seeded = True
#: The generators that a component was built with, and that are not to be the same in every run.
_unseeded = [_shared]


def _seed(self: random.Random, a: Any = None, version: int = 2) -> None:
    """`Random.seed`, with the run's randomness for what is not given."""
    global _is_seeded
    if is_building():
        _unseeded[:] = [other for other in _unseeded if other is not self]
        if a is None:
            _unseeded.append(self)
    elif self is _shared:
        _is_seeded = True
    _random_seed(self, urandom(_SEED_BYTES) if a is None else a, version)


def _draw(method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """A function of `random`."""
    if not _is_seeded:
        seed()
    return method(*arguments, **named)


def _now_ms() -> int:
    # The same time for every build.
    return 0 if is_building() else _host.current.now()


def _now(_module: object = None, _clock: object = None) -> float:
    return _now_ms() / 1_000


def _now_ns(_module: object, _clock: object = None) -> int:
    return _now_ms() * _NS_PER_MS


def _given(function: Callable[..., Any], given: int, now: Callable[[], Any]) -> Callable[..., Any]:
    """A function of `time`, with the run's time for its last argument, which may be missing."""

    def with_now(_module: object, *arguments: Any) -> Any:
        is_missing = len(arguments) <= given or arguments[given] is None
        return function(*arguments[:given], now()) if is_missing else function(*arguments)

    return with_now


def _sleep(_module: object, seconds: float) -> NoReturn:
    raise RuntimeError("a background task does not wait: raise `bugle.Retry(after)` instead")


def _clock_info(_module: object, name: str) -> SimpleNamespace:
    return SimpleNamespace(
        implementation="bugle", monotonic=True, adjustable=False, resolution=0.001
    )


class _AlsoReal(type):
    """Takes moments that were made by the real class for its own."""

    def __instancecheck__(cls, value: object) -> bool:
        return issubclass(type(value), cls)

    def __subclasscheck__(cls, kind: type) -> bool:
        if cls is Datetime:
            return Datetime.__base__ in kind.__mro__
        return super().__subclasscheck__(kind)


class Datetime(datetime.datetime, metaclass=_AlsoReal):
    """`datetime` whose present is the run's."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Datetime:
        utc = cls.fromtimestamp(_now(), datetime.timezone.utc)
        return utc.replace(tzinfo=None) if tz is None else utc.astimezone(tz)

    @classmethod
    def today(cls) -> Datetime:
        return cls.now()

    @classmethod
    def utcnow(cls) -> Datetime:
        return cls.now()

    def __repr__(self) -> str:
        return "datetime." + super().__repr__()


Datetime.__name__ = Datetime.__qualname__ = "datetime"
Datetime.__module__ = "datetime"


def _of_time() -> dict[str, Callable[..., Any]]:
    """The functions of `time` by name, each with the module as its first argument."""
    clocks = ("time", "monotonic", "perf_counter", "process_time", "thread_time", "clock_gettime")
    gmtime = time.gmtime
    return {
        **dict.fromkeys(clocks, _now),
        **dict.fromkeys((clock + "_ns" for clock in clocks), _now_ns),
        **{name: _given(getattr(time, name), 0, _now) for name in ("gmtime", "localtime", "ctime")},
        "asctime": _given(time.asctime, 0, lambda: gmtime(_now())),
        "strftime": _given(time.strftime, 1, lambda: gmtime(_now())),
        "get_clock_info": _clock_info,
        "sleep": _sleep,
    }


def _substitutes() -> list[tuple[Any, Any]]:
    """What is replaced, and by what. By methods, as they are C's: a function that is an attribute of
    a class would be given the instance."""
    pairs = [(datetime.datetime, Datetime), (os.urandom, urandom)]
    for name in random.__all__:
        function = getattr(random, name)
        if getattr(function, "__self__", None) is _shared:
            pairs.append((function, MethodType(_draw, function)))
    pairs.append((random.seed, MethodType(_seed, _shared)))
    for name, function in _of_time().items():
        if hasattr(time, name):
            pairs.append((getattr(time, name), MethodType(function, time)))
    return pairs


_SUBSTITUTES = _substitutes()
