"""``tf.image``."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image

from tensorflow_functions.cases import Case, Entry, T, calls, case, numbers

PIXELS = ("uint8", "int16", "int32", "float16", "float32", "float64")
_EIGHT_BITS = ("uint8", "float32")
"""Of functions that count in float32: of wider types the last bits differ."""
FLOATING = ("float32", "float64")
METHODS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")
RANDOM = "the numbers are not TensorFlow's"


def _pixels(rng: np.random.Generator, dtype: str, shape: tuple[int, ...]) -> T:
    """From black to white: 0 to 1, or all of a type."""
    if dtype.startswith("float"):
        return T(rng.uniform(0, 1, shape).astype(dtype))
    about = np.iinfo(dtype)
    return T(rng.integers(max(about.min, 0), about.max, shape, endpoint=True).astype(dtype))


def pictures(
    make: Callable[[Callable[..., T]], Iterator[Case] | list[Case]],
    dtypes: tuple[str, ...] = PIXELS,
    **options: Any,
) -> Entry:
    """The same cases for pictures of each type: ``make`` is given ``p(*shape)``."""

    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for dtype in dtypes:
            yield from make(lambda *shape, dtype=dtype: _pixels(rng, dtype, shape))

    return Entry(cases, **options)


def _shaped(*rest: Any, channels: int = 3, **given: Any) -> Callable[[Callable[..., T]], list[Case]]:
    """One picture, several, and what is neither."""
    shapes: tuple[tuple[int, ...], ...] = ((5, 7, channels), (2, 4, 4, channels), (1, 1, channels))
    shapes += ((0, 3, channels), (4, 4), (2, 2, 4, 4, channels), (5, 7, 2))
    return lambda p: [case(p(*shape), *rest, **given) for shape in shapes]


def _resized(rng: np.random.Generator) -> Iterator[Case]:
    sizes = ((4, 6), (7, 5), (1, 1), (20, 3), (9, 12), (5, 7), (6, 6))
    for method, size, antialias in itertools.product(METHODS, sizes, (False, True)):
        yield case(_pixels(rng, "float32", (9, 12, 3)), size, method, antialias=antialias)
    for method, dtype in itertools.product(METHODS, (*PIXELS, "bool")):
        picture = (
            T(numbers(rng, "bool", (2, 5, 4, 1))) if dtype == "bool" else _pixels(rng, dtype, (2, 5, 4, 1))
        )
        yield case(picture, (7, 3), method)
        yield case(picture, (5, 4), method)
    for size in ((20, 9), (3, 50), (7, 7)):
        yield case(_pixels(rng, "float32", (9, 12, 3)), size, preserve_aspect_ratio=True)
    for method in (0, 1, 2, 3, 4, "cubic", None):
        yield case(_pixels(rng, "float32", (4, 4, 1)), (6, 6), method)
    for size in ((0, 3), (-1, 3), 5, (3,), (3, 3, 3), T(np.array([3, 5])), (3.0, 3.0), None):
        yield case(_pixels(rng, "float32", (4, 4, 1)), size)
    for shape in ((4, 4), (0, 4, 1), (0, 4, 4, 1), (2, 2, 4, 4, 1)):
        yield case(_pixels(rng, "float32", shape), (3, 3))
    yield case([[[1.0], [2.0]], [[3.0], [4.0]]], [3, 3])


def _old_sizes(p: Callable[..., T]) -> Iterator[Case]:
    for size, corners in itertools.product(((4, 6), (13, 5), (1, 1), (20, 3)), (False, True)):
        yield case(p(2, 9, 12, 3), size, align_corners=corners)


def _old(name: str, gradient: bool = False, dtypes: tuple[str, ...] = ("uint8", "float32")) -> Entry:
    return pictures(
        _old_sizes,
        dtypes,
        gradient=gradient,
        run=lambda tf, *args, **given: getattr(tf.compat.v1.image, name)(*args, **given),
    )


def _boxes(rng: np.random.Generator) -> Iterator[Case]:
    corners = [
        [0, 0, 1, 1],
        [0.2, 0.3, 0.7, 0.9],
        [-0.3, 0.1, 1.4, 0.8],
        [0.8, 0.9, 0.1, 0.2],
        [0.5, 0.5, 0.5, 0.5],
    ]
    boxes = T(np.array(corners, np.float32))
    for method, size, dtype in itertools.product(
        ("bilinear", "nearest"), ((3, 5), (1, 1), (12, 2)), ("uint8", "float32")
    ):
        yield case(
            _pixels(rng, dtype, (2, 7, 6, 2)),
            boxes,
            T(np.array([0, 1, 1, 0, 1], np.int32)),
            size,
            method,
            0.5,
        )
    yield case(_pixels(rng, "float32", (2, 7, 6, 2)), boxes, T(np.array([0, 1, 2, 0, 1], np.int32)), (3, 3))
    yield case(_pixels(rng, "float32", (7, 6, 2)), boxes, T(np.zeros(5, np.int32)), (3, 3))
    yield case(_pixels(rng, "float32", (1, 7, 6, 2)), boxes, T(np.zeros(5, np.int32)), (0, 3))


def _cropped(p: Callable[..., T]) -> list[Case]:
    windows = ((0, 0, 5, 7), (1, 2, 3, 4), (0, 0, 6, 7), (-1, 0, 2, 2), (2, 2, 0, 2), (4, 6, 1, 1))
    return [case(p(*shape), *window) for shape in ((5, 7, 3), (2, 5, 7, 1), (5, 7)) for window in windows]


def _padded(p: Callable[..., T]) -> list[Case]:
    windows = ((0, 0, 5, 7), (1, 2, 9, 10), (0, 0, 4, 7), (-1, 0, 9, 9), (3, 1, 8, 8))
    return [case(p(*shape), *window) for shape in ((5, 7, 3), (2, 5, 7, 1), (5, 7)) for window in windows]


def _sizes(p: Callable[..., T]) -> list[Case]:
    wanted = ((3, 4), (9, 10), (8, 3), (2, 12), (5, 7), (0, 3), (6, 6))
    return [case(p(*shape), *size) for shape in ((5, 7, 3), (2, 4, 9, 1), (5, 7)) for size in wanted]


def _parts(p: Callable[..., T]) -> Iterator[Case]:
    for size, stride, rate, padding in itertools.product(
        ((2, 3), (3, 3), (1, 1)), ((1, 2), (3, 3)), ((1, 1), (2, 1)), ("VALID", "SAME")
    ):
        yield case(p(2, 7, 8, 3), [1, *size, 1], [1, *stride, 1], [1, *rate, 1], padding)
    yield case(p(7, 8, 3), [1, 2, 2, 1], [1, 1, 1, 1], [1, 1, 1, 1], "VALID")
    yield case(p(1, 7, 8, 3), [1, 2, 2, 1], [1, 1, 1, 1], [1, 1, 1, 1], "FULL")


def _types(rng: np.random.Generator) -> Iterator[Case]:
    kinds = ("uint8", "int8", "uint16", "int16", "int32", "int64", "float16", "float32", "float64")
    for old, new, saturate in itertools.product(kinds, kinds, (False, True)):
        yield case(_pixels(rng, old, (3, 4, 1)), new, saturate)
        if old.startswith("float"):
            wide = np.array([-0.5, -1e-3, 0, 1e-3, 0.25, 0.5, 1, 1.001, 2, 3.7], old)
            if saturate:
                yield case(T(wide), new, True)
        else:
            about = np.iinfo(old)
            yield case(T(np.array([about.min, 0, 1, about.max // 2, about.max], old)), new, saturate)
    yield case(T(np.array([True, False])), "float32")
    yield case([[0.5]], "uint8")


def _close(p: Callable[..., T]) -> Iterator[Case]:
    yield case(p(12, 14, 3), p(12, 14, 3), 1.0)
    yield case(p(2, 12, 14, 1), p(2, 12, 14, 1), 255)
    yield case(p(2, 3, 12, 14, 2), p(2, 3, 12, 14, 2), 1.0)
    yield case(p(12, 14, 3), p(13, 14, 3), 1.0)
    yield case(p(12, 14), p(12, 14), 1.0)
    yield case(p(8, 8, 1), p(8, 8, 1), 1.0)


def _many(p: Callable[..., T]) -> Iterator[Case]:
    yield case(p(180, 190, 3), p(180, 190, 3), 1.0)
    yield case(p(2, 177, 181, 1), p(2, 177, 181, 1), 1.0, power_factors=(0.3, 0.4, 0.3), filter_size=7)
    yield case(p(20, 20, 1), p(20, 20, 1), 1.0)


def _suppressed(rng: np.random.Generator, turned: bool = True) -> Iterator[Case]:
    for number, threshold, least in itertools.product((0, 3, 20), (0.0, 0.3, 0.5, 1.0), (float("-inf"), 0.4)):
        start = rng.uniform(0, 0.6, (12, 2))
        boxes = np.concatenate([start, start + rng.uniform(0.1, 0.4, (12, 2))], 1).astype(np.float32)
        if turned:  # corners in another order
            boxes[3] = boxes[3][[2, 3, 0, 1]]
        scores = rng.uniform(0, 1, 12).astype(np.float32)
        scores[5] = scores[6]
        yield case(T(boxes), T(scores), number, threshold, least)
    yield case(T(boxes), T(scores[:5]), 3)
    yield case(T(boxes), T(scores), 3, 1.5)
    yield case(T(boxes[:, :3]), T(scores), 3)


def _softly(rng: np.random.Generator) -> Iterator[Case]:
    for each in list(_suppressed(rng))[:24]:
        for sigma in (0.0, 0.5):
            yield Case((*each.args, sigma))


def _combined(rng: np.random.Generator) -> Iterator[Case]:
    for shared, per_class, total, pad in itertools.product((True, False), (2, 5), (4, 30), (False, True)):
        start = rng.uniform(-0.1, 0.6, (2, 8, 1 if shared else 3, 2))
        boxes = np.concatenate([start, start + rng.uniform(0.1, 0.6, start.shape)], -1).astype(np.float32)
        scores = rng.uniform(0, 1, (2, 8, 3)).astype(np.float32)
        yield case(T(boxes), T(scores), per_class, total, 0.4, 0.3, pad)


def _drawn(rng: np.random.Generator) -> Iterator[Case]:
    corners = np.array(
        [[[0, 0, 1, 1], [0.2, 0.3, 0.7, 0.6], [-0.2, 0.5, 0.5, 1.3], [0.6, 0.6, 0.2, 0.2]]], np.float32
    )
    for channels, dtype in itertools.product((1, 3, 4), ("float32", "float16")):
        yield case(_pixels(rng, dtype, (1, 9, 11, channels)), T(corners), None)
        colours = rng.uniform(0, 1, (2, channels)).astype(np.float32)
        yield case(_pixels(rng, dtype, (1, 9, 11, channels)), T(corners), T(colours))
    yield case(_pixels(rng, "uint8", (1, 9, 11, 3)), T(corners), None)
    yield case(_pixels(rng, "float32", (9, 11, 3)), T(corners), None)


def _files() -> dict[str, bytes]:
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[0:37, 0:45]
    waves = [np.sin(columns / 7 + rows / 11), np.cos(rows / 5), np.sin((columns + rows) / 9)]
    colours = (127 + 110 * np.stack(waves, -1) + rng.normal(0, 6, (37, 45, 3))).clip(0, 255).astype(np.uint8)
    grey, alpha = colours[..., :1], rng.integers(0, 256, (37, 45, 1), np.uint8)
    pictures = {
        "rgb": Image.fromarray(colours),
        "grey": Image.fromarray(grey[..., 0]),
        "rgba": Image.fromarray(np.concatenate([colours, alpha], -1)),
        "la": Image.fromarray(np.concatenate([grey, alpha], -1)),
        "deep": Image.fromarray(
            grey[..., 0].astype(np.uint16) * 257 - rng.integers(0, 3, (37, 45), np.uint16)
        ),
    }
    pictures["palette"], pictures["bits"] = pictures["rgb"].quantize(16), pictures["grey"].convert("1")
    pictures["inks"] = pictures["rgb"].convert("CMYK")
    turned = Image.Exif()
    turned[0x0112] = 6
    frames = [Image.fromarray(np.roll(colours, 3 * k, 1)).quantize(32) for k in range(3)]
    wanted: list[tuple[str, str, str, dict[str, Any]]] = [
        ("jpeg", "rgb", "JPEG", {"quality": 90}),
        ("jpeg whole colours", "rgb", "JPEG", {"quality": 70, "subsampling": 0}),
        ("jpeg progressive", "rgb", "JPEG", {"progressive": True}),
        ("jpeg turned", "rgb", "JPEG", {"exif": turned}),
        ("jpeg grey", "grey", "JPEG", {}),
        ("jpeg inks", "inks", "JPEG", {}),
        *(
            (f"png {name}", name, "PNG", {})
            for name in ("rgb", "grey", "rgba", "la", "palette", "bits", "deep")
        ),
        ("png transparent", "rgb", "PNG", {"transparency": (10, 20, 30)}),
        ("png transparent palette", "palette", "PNG", {"transparency": 3}),
        *((f"bmp {name}", name, "BMP", {}) for name in ("rgb", "grey", "rgba")),
        ("gif", "palette", "GIF", {}),
        ("gif frames", "palette", "GIF", {"save_all": True, "append_images": frames}),
        ("tiff", "rgb", "TIFF", {}),
    ]
    found = {}
    for title, name, kind, options in wanted:
        buffer = io.BytesIO()
        pictures[name].save(buffer, kind, **options)
        found[title] = buffer.getvalue()
    for title in ("jpeg", "png rgb", "gif", "bmp rgb"):
        found[f"half of {title}"] = found[title][: len(found[title]) // 2]
    return found | {"nothing": b"", "text": b"this is no picture, it is a text", "head": found["jpeg"][:20]}


def _decoded(*options: dict[str, Any], why: str = "") -> Entry:
    def cases(_: np.random.Generator) -> Iterator[Case]:
        for content, given in itertools.product(_files().values(), options):
            yield Case((content,), given)

    return Entry(cases, why=why)


_ALPHA = "alpha that is added to a palette is 255 here; there it is cut to the palette's bits"
_CHANNELS = tuple({"channels": number} for number in (0, 1, 2, 3, 4))


def _written(
    channels: tuple[int, ...], *options: dict[str, Any], decode: str, dtypes: tuple[str, ...]
) -> Entry:
    """Decoded again: the bytes of two libraries differ."""

    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for number, given, dtype in itertools.product(channels, options, dtypes):
            yield Case((_pixels(rng, dtype, (13, 18, number)),), given)

    def run(tf: Any, picture: Any, **given: Any) -> Any:
        written = getattr(tf.io, decode.replace("decode", "encode"))(picture, **given)
        return getattr(tf.io, decode)(written)

    return Entry(cases, run=run)


def _by_chance(*rest: Any, **given: Any) -> Entry:
    return pictures(_shaped(*rest, **given), ("uint8", "float32"), values=False, why=RANDOM)


_EDGES = [[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.2], [0.2, 0.5, 0.5], [0.5, 0.2, 0.5], [-1, 2, 0.3]]
_GRADIENT = ("float32",)
_SEED = {"seed": (1, 2)}

ENTRIES: dict[str, Entry] = {
    "resize": Entry(_resized, why="a size of int64 is taken; last bits of int32's numbers"),
    "resize (gradient)": Entry(
        lambda rng: [
            case(_pixels(rng, "float32", (2, 5, 6, 2)), (size, 7), method)
            for method in ("bilinear", "nearest", "bicubic", "lanczos3", "mitchellcubic")
            for size in (3, 9)
        ],
        gradient=True,
        run=lambda tf, *args: tf.image.resize(*args),
    ),
    "resize_with_pad": pictures(_sizes),
    "resize_with_crop_or_pad": pictures(_sizes),
    "resize_images": _old("resize_images"),
    "resize_bilinear": _old("resize_bilinear"),
    "resize_bicubic": _old("resize_bicubic"),
    "resize_area": _old("resize_area"),
    "resize_nearest_neighbor": _old("resize_nearest_neighbor"),
    "crop_and_resize": Entry(_boxes),
    "crop_to_bounding_box": pictures(_cropped),
    "crop_to_bounding_box (gradient)": pictures(
        lambda p: [case(p(5, 7, 3), 1, 2, 3, 4)],
        _GRADIENT,
        gradient=True,
        run=lambda tf, *args: tf.image.crop_to_bounding_box(*args),
    ),
    "pad_to_bounding_box": pictures(_padded),
    "central_crop": pictures(
        lambda p: [
            case(p(*shape), share)
            for shape in ((5, 7, 3), (2, 10, 9, 1), (5, 7))
            for share in (0.3, 0.5, 0.75, 1.0, 0.01, 0.0, 1.2)
        ]
    ),
    "flip_left_right": pictures(_shaped()),
    "flip_up_down": pictures(_shaped()),
    "transpose": pictures(_shaped()),
    "rot90": pictures(
        lambda p: [each for k in (0, 1, 2, 3, 5, -1) for each in _shaped(k)(p)], ("uint8", "float32")
    ),
    "extract_patches": pictures(_parts, ("uint8", "float32", "int32")),
    "convert_image_dtype": Entry(
        _types,
        why="float16 has no 65,535, float32 no 2^63 - 1: there it becomes 0, 65,504 or the least number",
    ),
    "rgb_to_grayscale": pictures(_shaped(), _EIGHT_BITS),
    "grayscale_to_rgb": pictures(_shaped(channels=1)),
    "hsv_to_rgb": pictures(_shaped(), ("uint8", "float16", *FLOATING)),  # it has no gradient there
    **{
        name: pictures(_shaped(), ("uint8", *FLOATING), gradient=True)
        for name in ("rgb_to_hsv", "rgb_to_yiq", "yiq_to_rgb", "rgb_to_yuv", "yuv_to_rgb")
    },
    "rgb_to_hsv (edges)": calls(
        case(
            T(
                np.array(
                    _EDGES,
                    "float32",
                )
            )
        ),
        run=lambda tf, x: tf.image.rgb_to_hsv(x),
    ),
    "adjust_brightness": pictures(lambda p: [*_shaped(0.2)(p), *_shaped(delta=-0.7)(p)]),
    "adjust_contrast": pictures(lambda p: [*_shaped(1.7)(p), *_shaped(contrast_factor=0.3)(p)], _EIGHT_BITS),
    "adjust_gamma": pictures(
        lambda p: [*_shaped(2.2)(p), *_shaped(0.5, 1.4)(p), *_shaped(-1)(p)], _EIGHT_BITS
    ),
    "adjust_hue": pictures(lambda p: [*_shaped(0.2)(p), *_shaped(delta=-0.7)(p)], _EIGHT_BITS),
    "adjust_saturation": pictures(
        lambda p: [*_shaped(1.7)(p), *_shaped(saturation_factor=0.3)(p)], _EIGHT_BITS
    ),
    "adjust_jpeg_quality": pictures(
        lambda p: [case(p(13, 18, channels), quality) for channels in (1, 3) for quality in (5, 50, 95, 101)],
        ("uint8", "float32"),
    ),
    "per_image_standardization": pictures(_shaped()),
    "image_gradients": pictures(lambda p: [case(p(2, 5, 7, 3)), case(p(5, 7, 3)), case(p(1, 1, 1, 1))]),
    "sobel_edges": pictures(lambda p: [case(p(2, 5, 7, 3)), case(p(5, 7, 3))], FLOATING),
    "total_variation": pictures(
        lambda p: [case(p(2, 5, 7, 3)), case(p(5, 7, 3)), case(p(5, 7))], FLOATING, gradient=True
    ),
    "psnr": pictures(_close, ("uint8", "float32", "float64")),
    "ssim": pictures(_close, ("uint8", "float32"), loose=20, why="a sum of 121 products, in another order"),
    "ssim (map)": pictures(
        lambda p: [case(p(2, 14, 13, 3), p(2, 14, 13, 3))],
        ("float32",),
        loose=20,
        run=lambda tf, x, y: tf.image.ssim(x, y, 1.0, filter_size=5, return_index_map=True),
    ),
    "ssim_multiscale": pictures(
        _many, ("uint8", "float32"), loose=20, why="a sum of 121 products, in another order"
    ),
    "draw_bounding_boxes": Entry(_drawn),
    "non_max_suppression": Entry(_suppressed),
    "non_max_suppression_padded": Entry(
        lambda rng: _suppressed(rng, turned=False),
        why="at a threshold of exactly 0, TensorFlow leaves out nothing; one above 1 is refused",
    ),
    "non_max_suppression_with_scores": Entry(_softly),
    "combined_non_max_suppression": Entry(_combined),
    "decode_jpeg": _decoded(
        *_CHANNELS,
        {"ratio": 2},
        {"ratio": 8},
        {"ratio": 3},
        {"fancy_upscaling": False},
        {"dct_method": "INTEGER_ACCURATE"},
        {"dct_method": "FAST"},
        why=_ALPHA,
    ),
    "decode_png": _decoded(*_CHANNELS, {"dtype": "uint16"}, {"dtype": "float32"}, why=_ALPHA),
    "decode_bmp": _decoded(*_CHANNELS),
    "decode_gif": _decoded({}),
    "decode_image": _decoded(
        *_CHANNELS,
        {"dtype": "float32"},
        {"dtype": "uint16"},
        {"dtype": "int32"},
        {"expand_animations": False},
        {"expand_animations": False, "dtype": "float32", "channels": 3},
        why=_ALPHA,
    ),
    "is_jpeg": _decoded({}),
    "extract_jpeg_shape": _decoded({}, {"output_type": "int64"}),
    "decode_and_crop_jpeg": Entry(
        lambda _: [
            case(content, window)
            for content in _files().values()
            for window in ([0, 0, 37, 45], [9, 0, 40, 4])
        ]
    ),
    "encode_jpeg": _written(
        (1, 2, 3),
        {},
        {"quality": 40},
        {"chroma_downsampling": False},
        {"quality": 101},
        decode="decode_jpeg",
        dtypes=("uint8", "float32"),
    ),
    "encode_png": _written(
        (1, 2, 3, 4), {}, {"compression": 3}, decode="decode_png", dtypes=("uint8", "float32")
    ),
    "random_flip_left_right": _by_chance(),
    "random_flip_up_down": _by_chance(seed=3),
    "random_brightness": _by_chance(0.2),
    "random_contrast": _by_chance(0.2, 0.5),
    "random_hue": _by_chance(0.2),
    "random_saturation": _by_chance(0.2, 0.5),
    "random_crop": _by_chance([3, 3, 3]),
    "stateless_random_flip_left_right": _by_chance(**_SEED),
    "stateless_random_flip_up_down": _by_chance(**_SEED),
    "stateless_random_brightness": _by_chance(0.2, **_SEED),
    "stateless_random_contrast": _by_chance(0.2, 0.5, **_SEED),
    "stateless_random_hue": _by_chance(0.2, **_SEED),
    "stateless_random_saturation": _by_chance(0.2, 0.5, **_SEED),
    "stateless_random_crop": _by_chance([3, 3, 3], **_SEED),
    "sample_distorted_bounding_box": calls(
        case([50, 60, 3], np.array([[[0.1, 0.2, 0.7, 0.9]]], "float32"), min_object_covered=0.1),
        case([50, 60, 3], np.zeros((1, 0, 4), "float32"), use_image_if_no_bounding_boxes=True),
        case([50, 60, 3], np.zeros((1, 0, 4), "float32")),
        values=False,
        why=RANDOM,
    ),
}
