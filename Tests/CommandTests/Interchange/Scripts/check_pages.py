"""Prints what kraken's own parser reads in PAGE-XML and ALTO files: for each line its name, text, baseline and polygon, as JSON.

Usage: check_pages.py FILE.xml..., by a Python with kraken
"""

import json
import sys

from kraken.lib.xml import XMLPage

for name in sys.argv[1:]:
    for line in XMLPage(name, linetype="baselines").get_sorted_lines():
        points = {"baseline": line.baseline, "boundary": line.boundary}
        points = {key: [[round(x), round(y)] for x, y in value] for key, value in points.items()}
        print(json.dumps({"id": line.id, "text": line.text, **points}))
