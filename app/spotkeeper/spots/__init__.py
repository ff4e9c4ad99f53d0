"""The pure core: what a node's line says. No input, no output, no clock."""
