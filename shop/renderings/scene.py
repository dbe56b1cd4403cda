"""A small photographer's studio in Blender: paper, soft light, a camera."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from shop.renderings.shapes import Mesh, Point


@dataclass(frozen=True, kw_only=True)
class Shot:
    """From where and how a picture is taken; lengths in centimeters, `lens` in millimeters.

    `sharp` is where the lens is focused and `opening` its f-number; without them all is sharp.
    """

    camera: Point
    target: Point
    lens: float = 70
    sharp: Point | None = None
    opening: float = 4
    light: Point = (-60, 60, 70)
    softness: float = 24
    strength: float = 1.93


def studio(paper: str) -> None:
    """An empty room of paper that light comes into from everywhere, a little."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("air")
    scene.world.use_nodes = True
    air = scene.world.node_tree.nodes["Background"]
    air.inputs[0].default_value = (*_linear("#fbf8f4"), 1)
    air.inputs[1].default_value = 0.5
    roll = add(_sheet(), _matte("paper", paper, roughness=0.9, grain=0.02))
    roll.visible_shadow = False  # the window may stand behind it


def cast(name: str, color: str, *, roughness: float) -> Any:
    """A smooth, fine-grained stuff, such as models are cast of."""
    return _matte(name, color, roughness=roughness, grain=0.03)


def add(mesh: Mesh, stuff: Any, *, at: Point = (0, 0, 0), turned: float = 0) -> Any:
    """Put a solid into the room, turned by degrees about the upright axis."""
    data = bpy.data.meshes.new("solid")
    data.from_pydata(mesh.corners.tolist(), [], mesh.triangles.tolist())
    data.polygons.foreach_set("use_smooth", [True] * len(data.polygons))
    data.materials.append(stuff)
    solid = bpy.data.objects.new("solid", data)
    solid.location, solid.rotation_euler = at, (0, 0, math.radians(turned))
    bpy.context.collection.objects.link(solid)
    return solid


def take(shot: Shot, path: Path, *, width: int, height: int, samples: int) -> None:
    """Take the picture, as a PNG."""
    _light(shot)
    _camera(shot)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device, scene.cycles.samples = "CPU", samples
    scene.cycles.use_denoising, scene.cycles.denoiser = True, "OPENIMAGEDENOISE"
    scene.cycles.max_bounces = 5
    scene.render.resolution_x, scene.render.resolution_y = width, height
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def _sheet() -> Mesh:
    """A broad roll of paper that lies on the floor and bends up far behind."""
    bend = [(600 + 300 * math.sin(turn), 300 - 300 * math.cos(turn)) for turn in _TURNS]
    profile = [(-900.0, 0.0), *bend, (900.0, 1200.0)]
    corners = [(x, y, z) for y, z in profile for x in (-1500.0, 1500.0)]
    strips = range(0, len(corners) - 2, 2)
    sides = [each for i in strips for each in ((i, i + 1, i + 3), (i, i + 3, i + 2))]
    return Mesh(np.array(corners), np.array(sides))


_TURNS = [math.pi / 2 * step / 24 for step in range(25)]


def _matte(name: str, color: str, *, roughness: float, grain: float) -> Any:
    stuff = bpy.data.materials.new(name)
    stuff.use_nodes = True
    nodes, links = stuff.node_tree.nodes, stuff.node_tree.links
    skin = nodes["Principled BSDF"]
    skin.inputs["Base Color"].default_value = (*_linear(color), 1)
    skin.inputs["Roughness"].default_value = roughness
    skin.inputs["Specular IOR Level"].default_value = 0.5
    noise, bump = nodes.new("ShaderNodeTexNoise"), nodes.new("ShaderNodeBump")
    place = nodes.new("ShaderNodeTexCoord")
    links.new(place.outputs["Object"], noise.inputs["Vector"])
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = 6, 5
    bump.inputs["Strength"].default_value, bump.inputs["Distance"].default_value = 0.25, grain
    links.new(noise.outputs["Fac"], bump.inputs["Height"])
    links.new(bump.outputs["Normal"], skin.inputs["Normal"])
    return stuff


def _light(shot: Shot) -> None:
    """A high window far off, so that the paper is as bright here as there."""
    data = bpy.data.lights.new("window", "SUN")
    data.energy = shot.strength * Vector(shot.light).length / shot.light[2]  # as bright on paper
    data.angle = math.radians(shot.softness)
    data.color = _linear("#fffaf2")
    lamp = bpy.data.objects.new("window", data)
    lamp.rotation_euler = Vector(shot.light).to_track_quat("Z", "Y").to_euler()
    bpy.context.collection.objects.link(lamp)


def _camera(shot: Shot) -> None:
    data = bpy.data.cameras.new("camera")
    data.lens, data.clip_end = shot.lens, 5000
    camera = bpy.data.objects.new("camera", data)
    camera.location = shot.camera
    look = Vector(shot.target) - Vector(shot.camera)
    camera.rotation_euler = look.to_track_quat("-Z", "Y").to_euler()
    if shot.sharp is not None:
        data.dof.use_dof = True
        data.dof.focus_distance = (Vector(shot.sharp) - Vector(shot.camera)).length
        # Blender counts in meters: a hundredth of the f-number blurs as the lens would.
        data.dof.aperture_fstop = shot.opening / 100
    bpy.context.collection.objects.link(camera)
    bpy.context.scene.camera = camera


def _linear(color: str) -> tuple[float, float, float]:
    """A color in sRGB as numbers that light can be reckoned with (IEC 61966-2-1)."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return red, green, blue
