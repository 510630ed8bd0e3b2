"""Write the golden numbers of every feature by frame, for a change that is meant.

Run from the repository: ``PYTHONPATH=src:tests/contracts python tests/golden/features/write.py``.
"""

import json

from test_features_whole_equals_stepped import GOLDEN, NAMES, extractor, heard

for name in NAMES:
    rows = extractor(name)(heard(0.1))[:, ::5]
    text = json.dumps([[round(float(number), 4) for number in row] for row in rows])
    (GOLDEN / f"{name}.json").write_text(text.replace("], [", "],\n [") + "\n")
