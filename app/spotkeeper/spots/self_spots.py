"""Self-spots: stations that tell where they call, as activators do. Nobody need have heard them there."""


def is_self_spot(dx: str, spotter: str) -> bool:
    """Whether both are one station, perhaps away from home: K4QQG/P by K4QQG-2, DL1ABC by EA8/DL1ABC.

    db/conditions.py asks the same in SQL.
    """
    one, other = (f"/{call.partition('-')[0]}/" for call in (dx, spotter))
    return one in other or other in one
