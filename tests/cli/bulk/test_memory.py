"""Validating and publishing 100,000 rows takes little more memory than 1,000 rows."""

import os
import subprocess
import sys
from pathlib import Path

from tests.cli.fakes import IMPORTS

ROWS = 100_000
LIMIT = 32 * 1024  # kibibytes beyond what importing takes; the file has 8 MiB, as rows in a list it would be 50
MEASURE = """
import resource, sys, time
from collections import Counter
from pathlib import Path
from realtime_sms.requests.prepare import Defaults
from rtsms.bulk.campaign import Campaign
from rtsms.bulk.csv_file import CsvFile
from rtsms.bulk.mail_merge import MailMerge
from rtsms.bulk.publisher import Publisher
from rtsms.bulk.template import Template
from rtsms.bulk.validation import ValidatedFile, validate

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

before = peak()
file = CsvFile.open(Path(sys.argv[1]))
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
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, str(sheet)],
        env={**os.environ, "PYTHONPATH": IMPORTS},
        check=True,
        capture_output=True,
        text=True,
    )
    bad, published, grown = map(int, ran.stdout.split())
    assert (bad, published) == (0, ROWS)
    assert grown < LIMIT
