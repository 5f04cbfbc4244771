"""Rows with one target are layers of one dataset; what they disagree in is told."""

from pathlib import Path

import pytest
from wkflow.options.layers import each_layer

from tests.options.test_sheet import faults_of, folder, settings_of

__all__ = ["folder"]


def test_rows_with_one_target_are_layers(folder: Path) -> None:
    """Wherever they stand; each has its own options, and the dataset's stand in one of them."""
    text = (
        "source,target,layer_name,category,voxel_size,dtype\n"
        'a,x,em,,,\nb,y,,,,\nc,./x/,cells,segmentation,"1,1,2",uint16\n'
    )
    joined, other = settings_of(text, voxel_size="3,3,3", category="color")
    em, cells = each_layer(joined)
    assert (em.layer_name, em.category, em.dtype) == ("em", "color", None)
    assert (cells.source, cells.category) == (str(folder / "c"), "segmentation")
    assert (cells.dtype, cells.voxel_size) == ("uint16", (1, 1, 2))
    assert (joined.voxel_size, other.voxel_size) == ((1, 1, 2), (3, 3, 3))


@pytest.mark.usefixtures("folder")
def test_rows_with_one_name_on_a_server_are_layers() -> None:
    """In one folder of it, if they give the name; else they collide."""
    text = "source,name,folder,layer_name\na,abc,lab,em\nb,abc,lab,cells\nc,abc,raw,em\n"
    joined, other = settings_of(text, upload=True)
    assert [one.layer_name for one in each_layer(joined)] == ["em", "cells"]
    assert other.layers is None


def test_two_rows_for_one_target_and_layer_are_refused(folder: Path) -> None:
    """So are rows of which one names no layer."""
    (fault,) = faults_of("source,target\na,x\nb,./x/\n")
    assert fault.startswith(f"row 3, target: {folder / 'x'} is the target of row 2 as well")
    assert fault.endswith("give each a layer_name")
    (fault,) = faults_of("source,target,layer_name\na,x,em\nb,x,em\n")
    assert fault == f"row 3, layer_name: em is the layer of row 2 as well, in {folder / 'x'}"
    (fault,) = faults_of("source,target,layer_name\na,x,\nb,x,em\n")
    assert fault.startswith(f"row 2, target: {folder / 'x'} is the target of row 3 as well")


@pytest.mark.usefixtures("folder")
def test_what_belongs_to_the_dataset_is_the_same_in_all_rows() -> None:
    """Voxel size and format are refused where rows differ, with row and column."""
    text = (
        "source,target,layer_name,voxel_size,data_format\n"
        'a,x,em,"1,1,2",zarr3\nb,x,cells,"1,1,2.5",zarr\nc,x,more,"1,1,2",\n'
    )
    faults = faults_of(text)
    shared = "as in row 2: layers of one dataset share it"
    assert f"row 3, voxel_size: 1,1,2.5 is not 1,1,2, {shared}" in faults
    assert f"row 3, data_format: zarr is not zarr3, {shared}" in faults
    assert len(faults) == 2


@pytest.mark.usefixtures("folder")
def test_a_part_is_that_of_the_dataset_and_values_are_those_of_a_layer() -> None:
    """A box counts in voxels of the dataset, and moves all layers alike."""
    text = 'source,target,layer_name,window,slices\na,x,em,"0,99",1:5\nb,x,cells,,\n'
    em, cells = each_layer(settings_of(text)[0])
    assert (bool(em.window), cells.window) == (True, None)
    assert em.slices == cells.slices == "1:5"
    (fault,) = faults_of(text.replace("b,x,cells,,", "b,x,cells,,0:4"))
    assert fault.startswith("row 3, slices: 0:4 is not 1:5, as in row 2")


@pytest.mark.usefixtures("folder")
def test_a_fault_of_rows_together_names_all_of_them() -> None:
    """As where an option of one does not go with that of another."""
    text = 'source,target,layer_name,unit,voxel_size\na,x,em,mm,\nc,y,,,\nb,x,cells,,"11,11,25"\n'
    (fault,) = faults_of(text)
    assert fault.startswith("rows 2, 4: voxel_size")
