"""Read an export of the outcomes table that DynamoDB wrote to S3: from S3, or from a folder with its files."""

import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import boto3
import click

from rtsms.bad_arguments import OurType
from rtsms.errors import CommandError, Exit
from rtsms.output import plural
from rtsms.table_scan import Item

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SUMMARY = "manifest-summary.json"  # DynamoDB writes it last
_S3 = "s3://"
_KEY = ("requestId", "recipient")  # attributes of every item


class Source(OurType):
    """A folder, or a place in S3."""

    name = "export"
    expected = "must be a folder that exists, or s3://BUCKET/PREFIX"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401 (as click parsed it)
        """Check the value."""
        bucket = str(value).removeprefix(_S3).partition("/")[0]
        if not (bucket if str(value).startswith(_S3) else Path(value).is_dir()):
            self.fail(self.expected, param, ctx)
        return str(value)


@dataclass(frozen=True)
class _Folder:
    path: Path

    def names(self) -> list[str]:
        return [one.relative_to(self.path).as_posix() for one in self.path.rglob("*") if one.is_file()]

    def open(self, name: str) -> IO[bytes]:
        return (self.path / name).open("rb")


@dataclass(frozen=True)
class _Bucket:
    client: "S3Client"
    bucket: str
    prefix: str

    def names(self) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        return [one["Key"] for page in pages for one in page.get("Contents", [])]

    def open(self, name: str) -> IO[bytes]:
        return cast("IO[bytes]", self.client.get_object(Bucket=self.bucket, Key=name)["Body"])


def read_export(source: str, session: boto3.Session) -> Iterator[Item]:
    """Yield the items of an export, line by line.

    Raises:
        CommandError: there is no export, there are several, or it is incomplete, damaged or in another format.

    """
    files: _Folder | _Bucket = _Folder(Path(source))
    if source.startswith(_S3):
        bucket, _, prefix = source.removeprefix(_S3).partition("/")
        files = _Bucket(session.client("s3"), bucket, prefix)
    names, count = sorted(files.names()), 0
    summary = _summary(files, names)
    data = [one for one in names if one.endswith((".json", ".json.gz")) and not _file(one).startswith("manifest")]
    if not data or (isinstance(files, _Bucket) and not summary):
        raise _wrong("holds no finished export", "pass the place that the export was written to: …/AWSDynamoDB/ID")
    for name in data:
        with _readable():
            for item in _items(files, name):
                count += 1
                yield item
    if summary and count != summary["itemCount"]:
        what = f"has {plural(count, 'item')}, but its summary says {summary['itemCount']:,}: a file is missing"
        raise _wrong(what, "copy it again, or export the table again")


def _summary(files: _Folder | _Bucket, names: list[str]) -> Mapping[str, Any]:
    """Return the summary of an export; empty if it has none."""
    found = [one for one in names if _file(one) == _SUMMARY]
    if len(found) > 1:
        raise _wrong(f"holds {len(found)} exports", "pass one of them: …/AWSDynamoDB/ID")
    if not found:
        return {}
    with _readable(), files.open(found[0]) as file:
        summary: dict[str, Any] = json.load(file)
        kind = summary["outputFormat"], summary.get("exportType", "FULL_EXPORT"), type(summary["itemCount"])
    if kind != ("DYNAMODB_JSON", "FULL_EXPORT", int):
        raise _wrong("is in another format", "export the whole table, as DynamoDB JSON")
    return summary


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (ValueError, KeyError, TypeError, EOFError, gzip.BadGzipFile, zlib.error):
        raise _wrong("holds a file that cannot be read", "export the table again") from None


def _items(files: _Folder | _Bucket, name: str) -> Iterator[Item]:
    with (
        files.open(name) as raw,
        gzip.open(raw) if name.endswith(".gz") else io.BufferedReader(cast("Any", raw)) as file,
    ):
        for line in file:
            item = json.loads(line)["Item"]
            if any(name not in item for name in _KEY):
                raise _wrong("is of another table", "export the outcomes table")
            yield item


def _file(name: str) -> str:
    return name.rpartition("/")[2]


def _wrong(what: str, to_do: str) -> CommandError:
    return CommandError(Exit.USAGE, "--export", what, to_do=to_do)
