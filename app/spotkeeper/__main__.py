"""`python -m spotkeeper` is the command `spotkeeper`."""

from spotkeeper.cli import main

main()
