"""A DX cluster node that speaks the real dialects, invents or replays traffic, and misbehaves on request."""
