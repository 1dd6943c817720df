"""templates.pkl: numpy arrays load whoever pickled them, and nothing in it can run."""

from __future__ import annotations

import builtins
import functools
import os
import pickle
import pickletools
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmtalk_align.corpora.templates import pickled_templates, read_templates
from kmtalk_align.errors import CorpusError

HEAD = np.arange(36, dtype=np.float64).reshape(12, 3)
FUZZ = settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def put(folder: Path, content: object, protocol: int = 2) -> Path:
    path = folder / "templates.pkl"
    path.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content, protocol))
    return path


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("array", [HEAD, HEAD.astype(np.float32), HEAD.ravel(), HEAD.astype(">f8"), HEAD[::-1][::-1]])
def test_arrays_of_every_protocol_load(tmp_path: Path, protocol: int, array: np.ndarray) -> None:
    found = read_templates(put(tmp_path, {"ann": array, "ben": array}, protocol))
    assert list(found) == ["ann", "ben"]
    assert found["ben"].dtype == np.float32
    np.testing.assert_array_equal(found["ben"], HEAD)


@pytest.mark.parametrize("shape", [(12, 3), (36,), (1, 36), (36, 1), (1, 12, 3)])
def test_vertices_may_lie_flat(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.testing.assert_array_equal(read_templates(put(tmp_path, {"ann": HEAD.reshape(shape)}))["ann"], HEAD)


def test_an_array_in_fortran_order_loads(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_templates(put(tmp_path, {"ann": np.asfortranarray(HEAD)}))["ann"], HEAD)


def test_the_pickle_of_python_2_and_numpy_1_loads(tmp_path: Path) -> None:
    # What FaceFormer's templates.pkl is: str is bytes there, and numpy's modules have their old names.
    data = HEAD.tobytes()
    content = (
        b"\x80\x02}U\x03anncnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x0cK\x03\x86cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xff"
        b"K\x00tb\x89T" + struct.pack("<i", len(data)) + data + b"tbs."
    )
    found = read_templates(put(tmp_path, content))
    assert list(found) == ["ann"]
    np.testing.assert_array_equal(found["ann"], HEAD)


def test_written_templates_load_with_numpy_1_and_2_and_as_data(tmp_path: Path) -> None:
    names = {"ann": HEAD.astype(np.float32), "cnumpy._core.multiarray\nx": HEAD[::-1].astype(np.float32)}
    content = pickled_templates(names)
    operations = list(pickletools.genops(content))
    assert operations[0][:2] == (pickletools.code2op["\x80"], 2)
    # numpy 1 has no `numpy._core`; numpy 2 keeps these names of old for pickles.
    assert {argument for operation, argument, _ in operations if operation.name == "GLOBAL"} == {
        "numpy.core.multiarray _reconstruct",
        "numpy ndarray",
        "numpy dtype",
        "_codecs encode",
    }
    for found in (pickle.loads(content, encoding="latin1"), read_templates(put(tmp_path, content))):
        assert list(found) == list(names)
        for subject, head in names.items():
            assert found[subject].dtype == np.float32
            np.testing.assert_array_equal(found[subject], head)


class _Reduces:
    """Calls a function when it is unpickled."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[object, ...]:
        return self.call


def _system(flag: Path) -> object:
    return _Reduces(os.system, f"touch '{flag}'")


def _eval(flag: Path) -> object:
    return _Reduces(builtins.eval, f"open({str(flag)!r}, 'w').close()")


def _numpy_load(flag: Path) -> object:
    inner = flag.with_name("inner.npy")
    np.save(inner, np.array([_system(flag)], dtype=object), allow_pickle=True)
    return _Reduces(np.load, str(inner), None, True)


def _partial(flag: Path) -> object:
    return _Reduces(functools.partial(Path.touch), flag)


def _within_an_object_array(flag: Path) -> object:
    return np.array([_system(flag), None], dtype=object)


def _within_an_object_scalar(flag: Path) -> object:
    return _Reduces(np._core.multiarray.scalar, np.dtype("O"), _system(flag))


@pytest.mark.parametrize(
    ("make", "held"),
    [
        (_system, r"(posix|nt)\.system"),
        (_eval, r"(builtins|__builtin__)\.eval"),
        (_numpy_load, r"numpy(\.lib.*)?\.load"),
        (_partial, r"functools\.partial"),
        (_within_an_object_array, r"(posix|nt)\.system"),
        (_within_an_object_scalar, r"(posix|nt)\.system"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.filterwarnings("ignore:Unpickling a scalar with object dtype:DeprecationWarning")
def test_a_pickle_that_would_run_code_is_refused_and_runs_nothing(
    tmp_path: Path, make: Callable[[Path], object], held: str, protocol: int
) -> None:
    flag = tmp_path / "it_ran"
    path = put(tmp_path, {"ann": make(flag)}, protocol)
    with pytest.raises(CorpusError, match=rf"templates\.pkl: holds {held}, which could run code"):
        read_templates(path)
    assert not flag.exists()
    pickle.loads(path.read_bytes())
    assert flag.exists()  # pickle itself would have run it


@pytest.mark.parametrize(
    "opcodes",
    ["cos\nsystem\n(S'touch {flag}'\ntR.", "(S'touch {flag}'\nios\nsystem\n.", "(cos\nsystem\nS'touch {flag}'\no."],
)
def test_every_opcode_that_calls_is_refused(tmp_path: Path, opcodes: str) -> None:
    flag = tmp_path / "it_ran"
    path = put(tmp_path, opcodes.format(flag=flag).encode())
    with pytest.raises(CorpusError, match=r"holds os\.system"):
        read_templates(path)
    assert not flag.exists()
    pickle.loads(path.read_bytes())
    assert flag.exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("numpy.core.multiarray", "_reconstruct.__class__"),
        ("numpy.core.multiarray", "frombuffer"),
        ("numpy", "memmap"),
        ("numpy.core.numeric", "load"),
        ("builtins", "getattr"),
        ("builtins", "bytearray"),
        ("copyreg", "_reconstructor"),
        ("_codecs", "lookup"),
        ("kmtalk_align.corpora.templates", "pickle"),
    ],
)
def test_any_other_name_is_refused(tmp_path: Path, module: str, name: str) -> None:
    def text(value: str) -> bytes:
        return b"\x8c" + bytes([len(value)]) + value.encode()

    path = put(tmp_path, b"\x80\x04" + text(module) + text(name) + b"\x93.")
    with pytest.raises(CorpusError, match=rf"holds {module}\.{name}, which could run code"):
        read_templates(path)


def test_a_pickle_cannot_change_the_functions_that_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    function = np._core.numeric._frombuffer
    before = function.__defaults__
    monkeypatch.setattr(function, "__defaults__", before)  # puts it right again where it was changed
    build = b"\x80\x02cnumpy._core.numeric\n_frombuffer\n(N}X\x0c\x00\x00\x00__defaults__X\x04\x00\x00\x00evil\x85stb."
    with pytest.raises(CorpusError, match=r"templates\.pkl"):
        read_templates(put(tmp_path, build))
    assert function.__defaults__ == before


def test_a_forged_array_of_objects_does_not_reach_memory(tmp_path: Path) -> None:
    # An object array whose dtype hides that it holds objects: numpy takes its bytes for pointers, and follows them
    # when ndarray is called with it as a shape. In a process of its own, since it may end by a segmentation fault.
    pointers = b"A" * 24
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x03\x85cnumpy\ndtype\n"
        b"U\x02O8K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"
        + struct.pack("<i", len(pointers))
        + pointers
        + b"tb"
    )
    path = put(tmp_path, b"\x80\x02cnumpy\nndarray\n" + array + b"\x85R.")
    program = (
        "import sys, pathlib\nfrom kmtalk_align.corpora.templates import pickled_templates, read_templates\n"
        "from kmtalk_align.errors import CorpusError\n"
        "try:\n    read_templates(pathlib.Path(sys.argv[1]))\n"
        "except CorpusError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"the process ended by signal {-done.returncode}: {done.stderr[-300:]}"
    assert "templates.pkl" in done.stdout


def test_no_codec_but_latin1_is_run(tmp_path: Path) -> None:
    path = put(tmp_path, b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86R.")
    with pytest.raises(CorpusError, match=r"templates\.pkl: holds _codecs.encode to rot13"):
        read_templates(path)


@pytest.mark.filterwarnings("ignore:Unpickling a scalar with object dtype:DeprecationWarning")
@pytest.mark.parametrize(
    "value",
    [
        np.array([1, None], dtype=object),
        _Reduces(np._core.multiarray.scalar, np.dtype("O"), "text"),
        np.float64(3),
        np.array(["a", "b", "c"]),
        np.zeros((12, 3), complex),
        np.zeros((12, 3), bool),
        [[0.0, 0.0, 0.0]],
        "text",
        None,
    ],
    ids=["object array", "object scalar", "number", "text array", "complex", "bool", "list", "text", "none"],
)
def test_a_template_that_is_no_array_of_numbers_is_an_error_that_names_it(tmp_path: Path, value: object) -> None:
    with pytest.raises(CorpusError, match=r"templates\.pkl: template ann: is not an array of numbers"):
        read_templates(put(tmp_path, {"ann": value}))


@pytest.mark.parametrize("shape", [(3, 12), (0, 3), (0,), (35,), (12, 2), (2, 6, 3), (3, 12, 1)])
def test_a_template_of_another_shape_is_an_error_that_says_it(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(CorpusError, match="template ann: has shape"):
        read_templates(put(tmp_path, {"ann": np.zeros(shape)}))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_template_with_a_vertex_that_is_no_number_is_an_error(tmp_path: Path, bad: float) -> None:
    array = HEAD.copy()
    array[3, 1] = bad
    with pytest.raises(CorpusError, match="template ann: holds NaN or infinite"):
        read_templates(put(tmp_path, {"ann": array}))


def test_templates_of_different_vertex_counts_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"differ in vertex count: \{'ann': 12, 'ben': 11\}"):
        read_templates(put(tmp_path, {"ann": HEAD, "ben": HEAD[1:]}))


@pytest.mark.parametrize("value", [{}, [], HEAD, None, "text"], ids=["empty dict", "list", "array", "none", "text"])
def test_a_pickle_that_is_no_dict_of_subjects_is_an_error(tmp_path: Path, value: object) -> None:
    with pytest.raises(CorpusError, match=r"templates\.pkl: holds no dict"):
        read_templates(put(tmp_path, value))


def test_a_missing_file_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"templates\.pkl: is missing; .*needs its templates"):
        read_templates(tmp_path / "templates.pkl")


@pytest.mark.parametrize("content", [b"", b".", b"no pickle", b"\x80\x09N.", b"\x80\x04", b"}" * 50, b"(" * 10_000])
def test_garbage_is_an_error_that_names_the_file(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CorpusError, match=r"templates\.pkl"):
        read_templates(put(tmp_path, content))


@pytest.mark.parametrize("protocol", range(6))
def test_a_truncated_pickle_is_an_error_wherever_it_ends(tmp_path: Path, protocol: int) -> None:
    content = pickle.dumps({"ann": HEAD}, protocol)
    for length in range(0, len(content) - 1, 13):
        with pytest.raises(CorpusError, match=r"templates\.pkl: is not a readable pickle"):
            read_templates(put(tmp_path, content[:length]))


# No "r" (LONG_BINPUT) in random bytes: it may ask pickle for gigabytes of memo.
@FUZZ
@given(content=st.binary(max_size=80).filter(lambda content: b"r" not in content))
def test_random_bytes_raise_nothing_but_a_corpus_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CorpusError, match=r"templates\.pkl"):
        read_templates(put(tmp_path, content))


@FUZZ
@given(at=st.integers(0, 10_000), byte=st.integers(0, 255).filter(lambda byte: byte != ord("r")))
def test_a_damaged_pickle_raises_nothing_but_a_corpus_error(tmp_path: Path, at: int, byte: int) -> None:
    content = pickle.dumps({"ann": HEAD.astype(np.float16)}, 4)
    at %= len(content)
    try:
        found = read_templates(put(tmp_path, content[:at] + bytes([byte]) + content[at + 1 :]))
    except CorpusError as error:
        assert "templates.pkl" in str(error)  # noqa: PT017
    else:
        assert all(np.isfinite(template).all() and template.shape[1] == 3 for template in found.values())
