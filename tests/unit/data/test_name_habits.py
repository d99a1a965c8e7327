"""What names of pictures share: the habits of cameras, exports and people, and names that tell of no group."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from prunelle.data.name_habits import groups_of_names, habit_of

TELL = {
    "IMG_0412_a.jpg": "IMG_0412",
    "IMG_0412b.jpg": "IMG_0412",
    "IMG_0412 (2).jpg": "IMG_0412",
    "IMG_0412 - Copy.jpg": "IMG_0412",
    "IMG_0412 - Copie (3).jpg": "IMG_0412",
    "IMG_0412~2.jpg": "IMG_0412",
    "IMG_20230102_101112_001.jpg": "IMG_20230102_101112",
    "IMG_20230102_101112_BURST003.jpg": "IMG_20230102_101112",
    "IMG_20230102_101112_003_BURST.jpg": "IMG_20230102_101112",
    "00003IMG_00003_BURST20230102101112345_COVER.jpg": "BURST20230102101112345",
    "20230102_101112(0).jpg": "20230102_101112",
    "DSC_0412-2.jpg": "DSC_0412",
    "film3-0001.jpg": "film3",
    "Film 3 (2).jpg": "Film 3",
    "film3_frame_001.png": "film3",
    "clip1_f0001.png": "clip1",
    "video-12-vue-3.png": "video-12",
    "patient12_3.jpg": "patient12",
    "hospitalA_patient12_left.jpg": "hospitalA_patient12",
    "patient_03_slice_12.png": "patient_03",
    "P03-S12.png": "P03",
    "00007_00012.ppm": "00007",
}
SILENT = [
    *("IMG_0001.jpg", "DSC00012.JPG", "P1010012.JPG", "cat.1.jpg", "cat_1.jpg", "cat (1).jpg", "0001.jpg"),
    *("frame_0001.png", "video_1.png", "person_12.png", "Abyssinian_100.jpg", "american_bulldog_100.jpg"),
    *("n02906734_broom.jpg", "ISIC_0024306.jpg", "COCO_val2014_000000000139.jpg", "cat_a.jpg", "photo a.jpg"),
    *("IMG_20230102_101112.jpg", "PXL_20230102_101112345.jpg", "IMG-20230102-WA0001.jpg", "IMG_20230102.jpg"),
    *("2023-01-02 10.11.12.jpg", "Screenshot 2023-01-02 at 10.11.12.png", "Photo 12-03-2023, 10 11 12.jpg"),
    "WhatsApp Image 2023-01-02 at 10.11.12.jpeg",
    "Capture d’écran 2023-01-02 à 10.11.12.png",
]


@pytest.mark.parametrize(("name", "group"), TELL.items())
def test_names_that_tell(name: str, group: str) -> None:
    habit = habit_of(name)
    assert habit is not None
    assert habit.group == group


@pytest.mark.parametrize("name", SILENT)
def test_names_that_tell_nothing(name: str) -> None:
    assert habit_of(name) is None


def test_words_are_sure_and_two_numbers_are_not() -> None:
    sure = {name: habit.sure for name in TELL if (habit := habit_of(name)) is not None}
    assert sure["film3-0001.jpg"]
    assert sure["IMG_0412_a.jpg"]
    assert not sure["00007_00012.ppm"]
    assert not sure["DSC_0412-2.jpg"]


def test_the_original_is_of_the_group_of_its_copies_in_its_folder() -> None:
    names = ["a/IMG_1.jpg", "a/IMG_1 (1).jpg", "b/IMG_1.jpg", "a/IMG_2.jpg"]
    habits = groups_of_names([PurePath(name) for name in names])
    assert [None if habit is None else habit.group for habit in habits] == ["IMG_1", "IMG_1", None, None]
