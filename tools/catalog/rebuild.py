"""The recipe of the catalogue: ``python -m tools.catalog.rebuild --models-dev api.json --retired retired.json --date DAY``.

Rows come from a file in the shape of models.dev's ``api.json``. Over them goes ``corrections.json`` beside this file: what was measured, what the
service's own adapter says, prices in yuan, rows that models.dev lacks; each with its own source. Retirements come from a file like
the catalogue's ``retired-cn.json``, which people read out of the release notes of the CN site. Prices of models.dev for CN are dropped: they
are the Global site's in US dollars (compared 2026-10).
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import click

from reconciler.errors import ReconcilerError
from reconciler.sites.catalog import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.sites.catalog import CatalogName

Row = dict[str, Any]

CORRECTIONS = os.path.join(os.path.dirname(__file__), "corrections.json")
_PROVIDERS: Mapping[str, CatalogName] = {"siliconflow-cn": "cn", "siliconflow": "global"}
_MODALITIES = ("text", "image", "video", "audio")
_CHAT_OUTPUT = "text"
_ORDER = (
    "id",
    "reasoning",
    "reasoningControls",
    "input",
    "tools",
    "contextWindow",
    "maxTokens",
    "cost",
    "costCny",
    "source",
    "date",
    "status",
    "note",
)
_DEFAULTS: Row = {
    "reasoning": False,
    "reasoningControls": {},
    "input": ["text"],
    "tools": True,
    "maxTokens": None,
    "cost": None,
    "status": "listed",
}
_LARGEST = 64 << 20  # bytes of a source


def row_of(model: Mapping[str, Any], site: CatalogName, date: str) -> Row:
    """A catalogue row from a model of models.dev.

    Args:
        date: the day of the copy.
    """
    tools = model.get("tool_call", True)
    row: Row = {
        "id": model["id"],
        "reasoning": bool(model.get("reasoning")),
        "reasoningControls": _controls(model.get("reasoning_options") or ()),
        "input": [kind for kind in model["modalities"]["input"] if kind in _MODALITIES],
        "tools": bool(tools.get("supported") if isinstance(tools, dict) else tools),
        "contextWindow": model["limit"]["context"],
        "maxTokens": model["limit"]["output"] or None,
        "source": "models.dev",
        "date": date,
        "status": "deprecated" if model.get("status") == "deprecated" else "listed",
    }
    cost = model.get("cost")
    if site == "global" and cost:
        names = (
            ("input", "input"),
            ("output", "output"),
            ("cacheRead", "cache_read"),
            ("cacheWrite", "cache_write"),
        )
        row["cost"] = {ours: cost[theirs] for ours, theirs in names if cost.get(theirs)}
    return row


def _controls(options: Any) -> Row:
    controls: Row = {}
    for option in options:
        if option["type"] == "toggle":
            controls["switch"] = True
        elif option["type"].startswith("budget"):
            controls["budget"] = [option["min"], option["max"]]
        elif option["type"] == "effort":
            controls["efforts"] = [effort for effort in option["values"] if effort]
    return controls


def build(
    site: CatalogName,
    models_dev: Mapping[str, Any],
    corrections: Mapping[str, Any],
    retired: Mapping[str, Any],
    date: str,
) -> Row:
    """The data file of a site.

    Args:
        models_dev: the whole ``api.json``.
        corrections: by site, with ``sources`` and ``models``.
        retired: as in ``data/retired-cn.json``; the Global site announces none.
        date: the day of ``models_dev``.
    """
    provider = next(name for name, its in _PROVIDERS.items() if its == site)
    rows = {
        model["id"]: row_of(model, site, date)
        for model in models_dev[provider]["models"].values()
        if _CHAT_OUTPUT in model["modalities"]["output"]
    }
    gone = {one["id"] for one in retired["retired"]} if site == "cn" else set()
    for model_id in gone & rows.keys():
        rows[model_id]["status"] = "retired"
    for correction in corrections[site]["models"]:
        row = {**rows.get(correction["id"], {}), **correction}
        # One that corrects a row which models.dev has no more is no row by itself.
        if "contextWindow" in row:
            rows[row["id"]] = row
    models = [_tidy(rows[model_id]) for model_id in sorted(rows)]
    return {"site": site, "sources": corrections[site]["sources"], "models": models}


def _tidy(row: Row) -> Row:
    """The row without what goes without saying, in the order of the data files."""
    absent = object()
    return {name: row[name] for name in _ORDER if name in row and row[name] != _DEFAULTS.get(name, absent)}


def changes(before: Row, after: Row) -> Iterator[str]:
    """What changed between two data files of a site, a line each."""
    old, new = ({row["id"]: row for row in data["models"]} for data in (before, after))
    for model_id in sorted(old.keys() | new.keys()):
        if model_id not in old:
            yield f"+ {model_id}"
        elif model_id not in new:
            yield f"- {model_id}"
        else:
            for name in _ORDER:
                was, now = (rows[model_id].get(name) for rows in (old, new))
                if was != now:
                    yield f"~ {model_id} {name}: {_short(was)} -> {_short(now)}"


def _short(value: Any) -> str:
    return "(default)" if value is None else json.dumps(value, ensure_ascii=False)


def text_of(data: Row, rows: str) -> str:
    """A data file: its head, then a row a line, so that a diff names the models that changed."""
    head = "".join(
        f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)},\n"
        for name, value in data.items()
        if name != rows
    )
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in data[rows])
    return f"{{{head}{json.dumps(rows)}: [\n{lines}\n]}}\n"


def read_source(source: str) -> Any:
    """JSON from a file or an https address.

    Raises:
        ReconcilerError: it can't be had, or is no JSON.
    """
    try:
        return json.loads(_fetch(source) if source.startswith("https://") else _load(source))
    except OSError as error:
        raise ReconcilerError(f"can't be read: {error.strerror or error}", where=source) from error
    except ValueError as error:
        raise ReconcilerError("this is no JSON", where=source) from error


def _load(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(_LARGEST)


def _fetch(url: str) -> bytes:
    import httpx

    try:
        answer = httpx.get(url, timeout=60.0, follow_redirects=True).raise_for_status()
    except httpx.HTTPError as error:
        raise ReconcilerError(f"can't be fetched: {error}", where=url) from error
    return answer.content[:_LARGEST]


@click.command()
@click.option(
    "--models-dev",
    required=True,
    metavar="SOURCE",
    help="File or https address of an api.json of models.dev.",
)
@click.option("--retired", metavar="SOURCE", help="The retirements. [default: those of the catalogue]")
@click.option("--corrections", metavar="SOURCE", default=CORRECTIONS, help="What beats models.dev.")
@click.option("--date", required=True, metavar="YYYY-MM-DD", help="The day of the api.json.")
@click.option(
    "--data", default=DATA, type=click.Path(file_okay=False), help="The folder of the catalogue's files."
)
@click.option("--write", is_flag=True, help="Write the files, not only the changes.")
def main(models_dev: str, retired: str | None, corrections: str, date: str, data: str, write: bool) -> None:
    """Rebuild the catalogue from its sources, and show what changes."""
    gone = read_source(retired or os.path.join(data, "retired-cn.json"))
    beats = read_source(corrections)
    rows = read_source(models_dev)
    for site in _PROVIDERS.values():
        path = os.path.join(data, f"{site}.json")
        built = build(site, rows, beats, gone, date)
        told = list(changes(read_source(path), built))
        click.echo(f"{site}: {len(built['models'])} models, {len(told)} changes")
        for line in told:
            click.echo(f"  {line}")
        if write:
            _write(path, text_of(built, "models"))
    if write and retired:
        gone["retired"] = sorted(gone["retired"], key=lambda one: str(one["id"]))
        _write(os.path.join(data, "retired-cn.json"), text_of(gone, "retired"))


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
