"""Validating and publishing 50,000 rows takes little more memory than 1,000 rows."""

import os
import subprocess
import sys
from pathlib import Path

from tests.cli.fakes import IMPORTS, import_openpyxl

ROWS = 50_000
WORKBOOK_ROWS = 25_000  # reading them takes the time of as many more
XLSX_LIMIT = 20 * 1024  # a workbook keeps each text once, in one list that has to be read first
LIMIT = 16 * 1024  # kibibytes beyond what importing takes; the file has 4 MiB, as rows in a list it would be 25
MEASURE = """
import resource, sys, time
from collections import Counter
from pathlib import Path
from realtime_sms.requests.prepare import Defaults
from rtsms.bulk.campaign import Campaign
from rtsms.bulk.open_file import open_file
from rtsms.bulk.mail_merge import MailMerge
from rtsms.bulk.publisher import Publisher
from rtsms.bulk.template import Template
from rtsms.bulk.validation import ValidatedFile, validate

def peak():
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(status.read_text().split("VmHWM:")[1].split()[0])  # ru_maxrss begins with that of the parent

before = peak()
file = open_file(Path(sys.argv[1]))
merge = MailMerge(Template("Hola {{nombre}}"), file.columns, "numero", None, {"sender": "96000"}, Defaults())
validated, published = ValidatedFile(), Counter()
bad = sum(1 for _ in validate(file, merge, validated))
campaign = Campaign(file, merge, validated, "mayo")
publisher = Publisher(lambda bodies: [None] * len(bodies), time.sleep, 8)
with campaign.journal(None, "queue") as journal:
    campaign.publish(journal, publisher, lambda rows: published.update(n=rows))
print(bad, published["n"], peak() - before)
"""


def test_a_large_file_is_never_in_memory(tmp_path: Path) -> None:
    """Only some bytes of each row are kept, not its text and not its message."""
    sheet = tmp_path / "clientes.csv"
    with sheet.open("w", encoding="ascii") as file:
        file.write("numero,nombre\n")
        file.writelines(f"+569{row:08},{'Ana Maria del Carmen ' * 3}{row}\n" for row in range(ROWS))
    bad, published, grown = _measure(sheet)
    assert (bad, published) == (0, ROWS)
    assert grown < LIMIT


def test_nor_are_the_rows_of_a_large_workbook(tmp_path: Path) -> None:
    """The library reads them one by one."""
    openpyxl = import_openpyxl()
    sheet = tmp_path / "clientes.xlsx"
    workbook = openpyxl.Workbook(write_only=True)
    rows = workbook.create_sheet()
    rows.append(["numero", "nombre"])
    for row in range(WORKBOOK_ROWS):
        rows.append([56900000000 + row, f"{'Ana Maria del Carmen ' * 3}{row}"])
    workbook.save(sheet)
    bad, published, grown = _measure(sheet)
    assert (bad, published) == (0, WORKBOOK_ROWS)
    assert grown < XLSX_LIMIT


def _measure(sheet: Path) -> list[int]:
    """Return the bad rows, the published rows, and by how many kibibytes the process grew."""
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, str(sheet)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([IMPORTS, *sys.path])},
        check=True,
        capture_output=True,
        text=True,
    )
    return [int(count) for count in ran.stdout.split()]
