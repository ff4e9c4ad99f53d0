"""Where stations are: a short list of DXCC entities, the United States and Canada by state or province."""

import random
from dataclasses import dataclass

# name | DXCC prefix | state | DXCC number | continent | CQ | ITU | latitude | longitude | weight | calls
_TABLE = """
Connecticut | K | CT | 291 | NA | 5 | 8 | 42 | -73 | 2 | W1 K1 N1 KC1 AA1
New Jersey | K | NJ | 291 | NA | 5 | 8 | 40 | -75 | 3 | W2 K2 N2 KD2 AB2
Pennsylvania | K | PA | 291 | NA | 5 | 8 | 41 | -77 | 3 | W3 K3 N3 KB3
Virginia | K | VA | 291 | NA | 5 | 8 | 37 | -78 | 2 | K4 N4 KK4
Georgia | K | GA | 291 | NA | 5 | 8 | 33 | -84 | 2 | W4 WB4 KM4
Florida | K | FL | 291 | NA | 5 | 8 | 28 | -82 | 3 | K4 N4 AJ4
Texas | K | TX | 291 | NA | 4 | 7 | 31 | -97 | 3 | W5 K5 N5 KG5
California | K | CA | 291 | NA | 3 | 6 | 36 | -120 | 4 | W6 K6 N6 KI6
Washington | K | WA | 291 | NA | 3 | 6 | 47 | -122 | 2 | W7 K7 N7 KE7
Arizona | K | AZ | 291 | NA | 3 | 6 | 33 | -112 | 1 | K7 N7 KF7
Ohio | K | OH | 291 | NA | 4 | 8 | 40 | -83 | 3 | W8 K8 N8 KE8 AB8
Illinois | K | IL | 291 | NA | 4 | 8 | 40 | -89 | 3 | W9 K9 N9 KC9
Colorado | K | CO | 291 | NA | 4 | 7 | 39 | -105 | 2 | W0 K0 N0 KD0
Minnesota | K | MN | 291 | NA | 4 | 7 | 45 | -94 | 1 | K0 N0 KC0
Ontario | VE | ON | 1 | NA | 4 | 4 | 44 | -79 | 3 | VE3 VA3
Quebec | VE | QC | 1 | NA | 5 | 4 | 46 | -73 | 1.5 | VE2 VA2
Alberta | VE | AB | 1 | NA | 4 | 2 | 52 | -113 | 1 | VE6
British Columbia | VE | BC | 1 | NA | 3 | 2 | 49 | -122 | 1.5 | VE7 VA7
Nova Scotia | VE | NS | 1 | NA | 5 | 9 | 45 | -63 | 0.5 | VE1
Mexico | XE | - | 50 | NA | 6 | 10 | 21 | -100 | 2 | XE1 XE2 XE3
Puerto Rico | KP4 | - | 202 | NA | 8 | 11 | 18 | -67 | 2 | KP4 WP4 NP4
Dominican Republic | HI | - | 72 | NA | 8 | 11 | 19 | -71 | 1 | HI3 HI8
Cuba | CM | - | 70 | NA | 8 | 11 | 22 | -80 | 1 | CO2 CO8 CM2
Costa Rica | TI | - | 308 | NA | 7 | 11 | 10 | -84 | 1 | TI2 TI5
Guatemala | TG | - | 76 | NA | 7 | 11 | 16 | -90 | 0.5 | TG9
Panama | HP | - | 88 | NA | 7 | 11 | 9 | -80 | 0.5 | HP1 HP3
Belize | V3 | - | 66 | NA | 7 | 11 | 17 | -89 | 0.3 | V31
Dominica | J7 | - | 95 | NA | 8 | 11 | 15 | -61 | 0.3 | J73 J75
Curacao | PJ2 | - | 517 | SA | 9 | 11 | 12 | -69 | 0.5 | PJ2
Aruba | P4 | - | 91 | SA | 9 | 11 | 13 | -70 | 0.5 | P40 P41 P43
Brazil | PY | - | 108 | SA | 11 | 15 | -10 | -53 | 4 | PY1 PY2 PY3 PY4 PY5 PU2 PU5
Argentina | LU | - | 100 | SA | 13 | 14 | -32 | -62 | 3 | LU1 LU4 LU5 LU7 LW3
Chile | CE | - | 112 | SA | 12 | 14 | -30 | -71 | 2 | CE1 CE2 CE3 CA3
Uruguay | CX | - | 144 | SA | 13 | 14 | -33 | -56 | 1 | CX2 CX5 CX7
Venezuela | YV | - | 148 | SA | 9 | 12 | 8 | -66 | 1 | YV1 YV4 YV5
Colombia | HK | - | 116 | SA | 9 | 12 | 5 | -74 | 1 | HK1 HK3 HK4
Peru | OA | - | 136 | SA | 10 | 12 | -10 | -76 | 0.5 | OA4
Ecuador | HC | - | 120 | SA | 10 | 12 | -1 | -78 | 0.5 | HC1 HC2
England | G | - | 223 | EU | 14 | 27 | 53 | -1 | 7 | G0 G3 G4 M0 2E0
Scotland | GM | - | 279 | EU | 14 | 27 | 57 | -4 | 2 | GM0 GM3 GM4 MM0
Wales | GW | - | 294 | EU | 14 | 27 | 52 | -4 | 1 | GW0 GW4 MW0
Northern Ireland | GI | - | 265 | EU | 14 | 27 | 55 | -7 | 1 | GI4 MI0
Ireland | EI | - | 245 | EU | 14 | 27 | 53 | -8 | 1 | EI2 EI4 EI7
France | F | - | 227 | EU | 14 | 27 | 46 | 2 | 6 | F1 F4 F5 F6 F8
Germany | DL | - | 230 | EU | 14 | 28 | 51 | 10 | 9 | DL1 DL2 DL5 DL8 DK2 DK5 DJ3 DF7 DO1
Belgium | ON | - | 209 | EU | 14 | 27 | 51 | 5 | 3 | ON3 ON4 ON5 ON7
Netherlands | PA | - | 263 | EU | 14 | 27 | 52 | 5 | 4 | PA0 PA3 PD2 PE1
Luxembourg | LX | - | 254 | EU | 14 | 27 | 50 | 6 | 0.5 | LX1
Switzerland | HB | - | 287 | EU | 14 | 28 | 47 | 8 | 2 | HB9
Austria | OE | - | 206 | EU | 15 | 28 | 47 | 13 | 2 | OE1 OE3 OE5 OE6
Italy | I | - | 248 | EU | 15 | 28 | 43 | 13 | 6 | IK1 IK2 IK4 IZ3 IZ5 IZ8 IU2 IW2
Sicily | IT9 | - | 248 | EU | 15 | 28 | 38 | 14 | 0.5 | IT9
Sardinia | IS | - | 225 | EU | 15 | 28 | 40 | 9 | 0.5 | IS0
Spain | EA | - | 281 | EU | 14 | 37 | 40 | -3 | 6 | EA1 EA2 EA3 EA4 EA5 EA7 EC2
Balearic Islands | EA6 | - | 21 | EU | 14 | 37 | 40 | 3 | 0.5 | EA6
Portugal | CT | - | 272 | EU | 14 | 37 | 40 | -8 | 2 | CT1 CT7
Madeira Islands | CT3 | - | 256 | AF | 33 | 36 | 33 | -17 | 0.4 | CT3
Azores | CU | - | 149 | EU | 14 | 36 | 39 | -27 | 0.5 | CU2 CU3
Canary Islands | EA8 | - | 29 | AF | 33 | 36 | 28 | -16 | 1.5 | EA8
Czech Republic | OK | - | 503 | EU | 15 | 28 | 50 | 16 | 3 | OK1 OK2
Slovak Republic | OM | - | 504 | EU | 15 | 28 | 49 | 20 | 1 | OM3 OM5
Poland | SP | - | 269 | EU | 15 | 28 | 52 | 19 | 4 | SP1 SP3 SP5 SP9 SQ2 SQ8
Hungary | HA | - | 239 | EU | 15 | 28 | 47 | 19 | 2 | HA1 HA5 HA8
Slovenia | S5 | - | 499 | EU | 15 | 28 | 46 | 14 | 2 | S51 S52 S57
Croatia | 9A | - | 497 | EU | 15 | 28 | 45 | 15 | 2 | 9A1 9A2 9A5
Bosnia-Herzegovina | E7 | - | 501 | EU | 15 | 28 | 44 | 18 | 1 | E70 E74
Serbia | YU | - | 296 | EU | 15 | 28 | 44 | 21 | 2 | YU1 YU7
Romania | YO | - | 275 | EU | 20 | 28 | 46 | 25 | 2 | YO2 YO3 YO8
Bulgaria | LZ | - | 212 | EU | 20 | 28 | 43 | 25 | 2 | LZ1 LZ2 LZ4
Greece | SV | - | 236 | EU | 20 | 28 | 40 | 22 | 2 | SV1 SV2 SV8
Asiatic Turkey | TA | - | 390 | AS | 20 | 39 | 39 | 36 | 1 | TA2 TA4
Denmark | OZ | - | 221 | EU | 14 | 18 | 56 | 10 | 2 | OZ1 OZ4 OZ7
Sweden | SM | - | 284 | EU | 14 | 18 | 59 | 15 | 3 | SM0 SM3 SM5 SM6 SA5
Norway | LA | - | 266 | EU | 14 | 18 | 61 | 9 | 2 | LA1 LA4 LA9
Finland | OH | - | 224 | EU | 15 | 18 | 61 | 25 | 3 | OH1 OH2 OH5 OH6
Aland Islands | OH0 | - | 5 | EU | 15 | 18 | 60 | 20 | 0.3 | OH0
Estonia | ES | - | 52 | EU | 15 | 29 | 59 | 25 | 1 | ES1 ES5
Latvia | YL | - | 145 | EU | 15 | 29 | 57 | 25 | 1 | YL2 YL3
Lithuania | LY | - | 146 | EU | 15 | 29 | 55 | 24 | 1 | LY1 LY2
European Russia | UA | - | 54 | EU | 16 | 29 | 54 | 41 | 4 | RA1 RU3 RN4 UA3 UA6 R2
Asiatic Russia | UA9 | - | 15 | AS | 17 | 30 | 56 | 84 | 2 | UA9 RA9 UA0 RW0
Ukraine | UR | - | 288 | EU | 16 | 29 | 50 | 30 | 3 | UR5 UT2 US7 UX1
Belarus | EU | - | 27 | EU | 16 | 29 | 54 | 28 | 1 | EU1 EW8
Kazakhstan | UN | - | 130 | AS | 17 | 30 | 48 | 65 | 1 | UN7
Israel | 4X | - | 336 | AS | 20 | 39 | 31 | 35 | 1 | 4X1 4Z5
Cyprus | 5B | - | 215 | AS | 20 | 39 | 35 | 33 | 1 | 5B4
United Arab Emirates | A6 | - | 391 | AS | 21 | 39 | 24 | 54 | 0.7 | A61 A65
Oman | A4 | - | 370 | AS | 21 | 39 | 24 | 59 | 0.3 | A41
Kuwait | 9K | - | 348 | AS | 21 | 39 | 29 | 47 | 0.5 | 9K2
Saudi Arabia | HZ | - | 378 | AS | 21 | 39 | 24 | 44 | 0.5 | HZ1
India | VU | - | 324 | AS | 22 | 41 | 22 | 78 | 1.5 | VU2 VU3
Thailand | HS | - | 387 | AS | 26 | 49 | 13 | 100 | 1 | HS0 E21
Singapore | 9V | - | 381 | AS | 28 | 54 | 1 | 104 | 0.5 | 9V1
West Malaysia | 9M2 | - | 299 | AS | 28 | 54 | 4 | 102 | 0.5 | 9M2
Indonesia | YB | - | 327 | OC | 28 | 51 | -7 | 110 | 1.5 | YB0 YB1 YC2
Philippines | DU | - | 375 | OC | 27 | 50 | 13 | 122 | 1 | DU1 DU3
China | BY | - | 318 | AS | 24 | 44 | 36 | 102 | 1.5 | BG2 BG4 BD7 BH8
Taiwan | BV | - | 386 | AS | 24 | 44 | 24 | 121 | 0.5 | BV1 BV2
Hong Kong | VR | - | 321 | AS | 24 | 44 | 22 | 114 | 0.3 | VR2
South Korea | HL | - | 137 | AS | 25 | 44 | 36 | 128 | 1 | HL1 HL2 DS4
Japan | JA | - | 339 | AS | 25 | 45 | 36 | 138 | 6 | JA1 JA3 JA7 JE1 JH1 JR2
Australia | VK | - | 150 | OC | 30 | 59 | -24 | 132 | 3 | VK2 VK3 VK4 VK5 VK6
New Zealand | ZL | - | 170 | OC | 32 | 60 | -39 | 174 | 1.5 | ZL1 ZL2 ZL3
Fiji | 3D2 | - | 176 | OC | 32 | 56 | -18 | 178 | 0.2 | 3D2
Hawaii | KH6 | - | 110 | OC | 31 | 61 | 21 | -157 | 1 | KH6 NH6 WH6
Alaska | KL | - | 6 | NA | 1 | 1 | 61 | -149 | 1 | KL7 AL7
South Africa | ZS | - | 462 | AF | 38 | 57 | -29 | 23 | 1.5 | ZS1 ZS2 ZS6
Ceuta & Melilla | EA9 | - | 32 | AF | 33 | 37 | 36 | -5 | 0.3 | EA9
Morocco | CN | - | 446 | AF | 33 | 37 | 32 | -5 | 1 | CN8
Cape Verde | D4 | - | 409 | AF | 35 | 46 | 16 | -24 | 0.4 | D44
Senegal | 6W | - | 456 | AF | 35 | 46 | 15 | -15 | 0.4 | 6W1
Ghana | 9G | - | 424 | AF | 35 | 46 | 8 | -2 | 0.3 | 9G5
Kenya | 5Z | - | 430 | AF | 37 | 48 | 0 | 38 | 0.4 | 5Z4
Mauritius | 3B8 | - | 165 | AF | 39 | 53 | -20 | 58 | 0.3 | 3B8
Reunion Island | FR | - | 453 | AF | 39 | 53 | -21 | 55 | 0.4 | FR4
Namibia | V5 | - | 464 | AF | 38 | 57 | -22 | 17 | 0.4 | V51
Guinea-Bissau | J5 | - | 109 | AF | 35 | 46 | 12 | -15 | 0.2 | J52
"""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A region of the world: zones, latitude and longitude in degrees (north and east positive)."""

    name: str
    prefix: str
    state: str
    dxcc: int
    continent: str
    cq: int
    itu: int
    latitude: float
    longitude: float
    weight: float
    call_heads: tuple[str, ...]

    def callsign(self, rng: random.Random) -> str:
        """A well-formed callsign of this place, such as `KC1XYZ`."""
        letters = rng.choices("ABCDEFGHIJKLMNOPRSTUVWXYZ", k=rng.choice((2, 2, 3, 3, 3)))
        return rng.choice(self.call_heads) + "".join(letters)

    def grid(self, rng: random.Random) -> str:
        """A six-character Maidenhead locator within two degrees of the middle of this place."""
        longitude = (self.longitude + rng.uniform(-2, 2) + 180) % 360
        latitude = self.latitude + rng.uniform(-2, 2) + 90
        return (
            chr(65 + int(longitude / 20))
            + chr(65 + int(latitude / 10))
            + str(int(longitude % 20 / 2))
            + str(int(latitude % 10))
            + chr(65 + int(longitude % 2 * 12))
            + chr(65 + int(latitude % 1 * 24))
        )


def _read(row: str) -> Place:
    name, prefix, state, dxcc, continent, cq, itu, latitude, longitude, weight, heads = row.split(" | ")
    return Place(
        name,
        prefix,
        state.strip("-"),
        int(dxcc),
        continent,
        int(cq),
        int(itu),
        float(latitude),
        float(longitude),
        float(weight),
        tuple(heads.split()),
    )


PLACES = tuple(_read(row) for row in _TABLE.strip().splitlines())
_BY_HEAD = {head: place for place in reversed(PLACES) for head in place.call_heads}


def place_of(call: str) -> Place | None:
    """The place whose calls begin like `call` (its longest match), or None."""
    base = max(call.split("-")[0].split("/"), key=len)
    return next((_BY_HEAD[base[:n]] for n in (4, 3, 2) if base[:n] in _BY_HEAD), None)
