"""The schematic tool as a 3D model, and its pictures; the shop itself never imports this."""
