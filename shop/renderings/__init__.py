"""The schematic tool as a 3D model, and the pictures of it: a tool for artists, not for the shop."""
