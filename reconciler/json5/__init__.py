"""A lossless JSON5 document: read it, change values, and keep every other byte.

    document = Document.parse(data)
    editor = document.edit()
    editor.set(("models", "providers", "siliconflow", "models", Row("zai-org/GLM-4.6V"), "maxTokens"), 8192)
    data = editor.finish().data

Text becomes values and their places (`scan`, `parse`). Edits (`edit`) gather in a tree beside it (`tree`). Then
`render` writes the touched objects and arrays anew, out of slices of the old text (`layout`) and new literals
(`literal`) in the style around them (`style`).
"""

from .document import Document
from .errors import Json5Error
from .path import Path, Row, Step

__all__ = ["Document", "Json5Error", "Path", "Row", "Step"]
