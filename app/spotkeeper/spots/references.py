"""Parks, summits, islands and nature reserves that a comment names."""

import re

# Two letters and four digits are a park of POTA; longer and shorter ones only where POTA is named.
_REFERENCE = re.compile(
    r"(?<![A-Z0-9/-])(?:"
    r"([A-Z0-9]{1,3}/[A-Z]{2}-[0-9]{3})"
    r"|((?:AF|AN|AS|EU|NA|OC|SA)-[0-9]{3})"
    r"|([A-Z0-9]{1,3}FF-?[0-9]{4})"
    r"|([A-Z]{2}-[0-9]{4}|US-[0-9]{5})"
    r")(?![0-9])"
)
_NAMED = re.compile(
    r"\b(?:"
    r"SOTA[ :=@]{0,3}([A-Z0-9]{1,3}/[A-Z]{2})[ -]?([0-9]{3})"
    r"|IOTA[ :=@]{0,3}(AF|AN|AS|EU|NA|OC|SA)[ -]?([0-9]{3})"
    r"|WWFF[ :=@]{0,3}([A-Z0-9]{1,3}FF)[ -]?([0-9]{4})"
    r"|POTA[ :=@]{0,3}([A-Z][A-Z0-9]?)[ -]{0,2}([0-9]{4,5})"
    r")(?![0-9])"
)
_NUMBERED = re.compile(r"[A-Z]-[0-9]")
_PROGRAMMES = ("SOTA", "IOTA", "WWFF", "POTA")
# Castles, mills, lighthouses and others whose numbers look like a park's.
_ANOTHER = re.compile(r"\b(?:WCA|GMA|ILLW|ARLHS|WAB|DCI|LH|(?!POTA|SOTA|IOTA)[A-Z]{1,3}OTA)\b")


def references_of(capitals: str) -> tuple[str, ...]:
    """As "POTA:US-0001", "SOTA:W6/CT-001", "IOTA:EU-005", "WWFF:DLFF-0001", each once, in their order."""
    if not ("OTA" in capitals or "FF" in capitals or ("-" in capitals and _NUMBERED.search(capitals))):
        return ()
    found: dict[tuple[int, str], None] = {}
    for match in _REFERENCE.finditer(capitals):
        index = match.lastindex or 0
        number = match[index]
        if index == 3:
            number = f"{number[:-4].removesuffix('-')}-{number[-4:]}"
        if index != 4 or "POTA" in capitals or not _ANOTHER.search(capitals):
            found[match.start(index), f"{_PROGRAMMES[index - 1]}:{number}"] = None
    if "OTA" in capitals or "WWFF" in capitals:
        for match in _NAMED.finditer(capitals):
            index = match.lastindex or 0
            name = f"{_PROGRAMMES[index // 2 - 1]}:{match[index - 1]}-{match[index]}"
            found[match.start(index - 1), name] = None
    return tuple(dict.fromkeys(name for _, name in sorted(found)))
