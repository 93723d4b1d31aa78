"""What a result depends on: an option at its default leaves the identity of settings as it was, at every depth."""

from unetlib.io.settings import Settings, option


class Before(Settings):
    size: int = 3


class Part(Before):
    extra: int = option(0, "Added later.", ge=0)


class Whole(Settings):
    part: Part
    parts: dict[str, Part]
    sizes: dict[str, int]


def whole(extra: int) -> Whole:
    part = Part(extra=extra)
    return Whole(part=part, parts={"a": part, "b": Part(size=4)}, sizes={"a": 1})


def test_an_option_at_its_default_is_in_no_identity():
    assert Part().identity() == Before().identity() == {"size": 3}
    assert Part(extra=2).identity() == {"size": 3, "extra": 2}
    rest = {"part": {"size": 3}, "parts": {"a": {"size": 3}, "b": {"size": 4}}, "sizes": {"a": 1}}
    assert whole(0).identity() == rest
    used = {"size": 3, "extra": 1}
    assert whole(1).identity() == rest | {"part": used, "parts": {"a": used, "b": {"size": 4}}}


def test_settings_are_the_same_when_read_from_their_identity():
    for each in (whole(0), whole(1)):
        assert Whole.read(each.identity()) == Whole.read(each.plain()) == each
