"""`python -m rtsms`."""

from rtsms.main import main

main()
