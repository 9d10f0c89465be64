"""Reading a page the way a browser does, looking for what must not be in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

#: Breaks out of text, of either kind of attribute and of a script element; what gets out is an
#: element of this name.
MARK = "\"'></script><x-mark onclick=a>"
_ELEMENT = "x-mark"
_DATA = {"application/json", "application/ld+json"}
_LINKS = {"href", "src", "action", "formaction", "poster", "data", "xlink:href"}


@dataclass
class Field:
    """One control of a form."""

    name: str
    kind: str
    value: str
    options: list[str] = field(default_factory=list)


@dataclass
class Form:
    method: str
    action: str
    fields: list[Field] = field(default_factory=list)


class Page(HTMLParser):
    """One parsed page: ``problems`` names what breaks the rules, ``forms`` what can be sent.

    Forms in a ``<template>`` are for scripts to copy and fill in; they count for the rules only.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.forms: list[Form] = []
        self.text = ""
        self.data: list[str] = []
        self._in_data = False
        self._templates = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == _ELEMENT:
            self.problems.append("text of a person became an element")
        if tag == "style":
            self.problems.append("inline style sheet")
        if tag == "script":
            self._script(values)
        if tag == "base":
            self.problems.append("base element")
        for name, value in values.items():
            self._attribute(tag, name, value)
        self._form(tag, values)

    def _script(self, values: dict[str, str]) -> None:
        self._in_data = values.get("type") in _DATA
        if self._in_data:
            self.data.append("")
        elif "src" not in values:
            self.problems.append("inline script")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name == "style" or name.startswith("on"):
            self.problems.append(f"{name}= on {tag}")
        if name in _LINKS and value.strip().lower().startswith(("javascript:", "data:text")):
            self.problems.append(f"{name}={value[:40]} on {tag}")
        if not name.replace("-", "").replace(":", "").replace("_", "").isalnum():
            self.problems.append(f"broken attribute {name!r} on {tag}")

    def _form(self, tag: str, values: dict[str, str]) -> None:
        self._templates += tag == "template"
        if self._templates:
            return
        if tag == "form":
            method = values.get("method", "get").lower()
            self.forms.append(Form(method, values.get("action", "")))
            return
        if not self.forms:
            return
        fields = self.forms[-1].fields
        if tag in {"input", "textarea", "select", "button"} and values.get("name"):
            kind = values.get("type", "text") if tag == "input" else tag
            fields.append(Field(values["name"], kind, values.get("value", "")))
        if tag == "option" and fields and fields[-1].kind == "select":
            fields[-1].options.append(values.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._in_data:
            self.data[-1] += data
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        self._templates -= tag == "template"
        if tag == "script":
            self._in_data = False
