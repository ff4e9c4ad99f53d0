"""The station as a DX cluster node: logging programs connect by telnet, as to DXSpider, and get the spots."""
