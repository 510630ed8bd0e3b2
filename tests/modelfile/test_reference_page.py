"""The page that describes the format says what the code does."""

import re
from pathlib import Path

from whisperwave import modelfile
from whisperwave.modelfile import limits

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "model-file.md").read_text("utf-8")


def test_every_code_is_on_the_page_and_no_other() -> None:
    source = "".join(path.read_text("utf-8") for path in Path(modelfile.__path__[0]).rglob("*.py"))
    codes = set(re.findall(r'"(MODEL_[A-Z_]+)"', source))
    codes |= {"MODEL_TENSOR_OVERLAP", "MODEL_TENSOR_HOLE"}  # composed from their last word
    assert codes == set(re.findall(r"MODEL_[A-Z_]+", PAGE))


def test_every_bounded_hyperparameter_is_on_the_page() -> None:
    assert {name for name in limits.RANGES if f"`{name}`" not in PAGE} == set()
