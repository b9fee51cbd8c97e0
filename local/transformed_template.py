"""Prints the template as CloudFormation gets it, after the SAM transform, for cfn-lint to check that too.

    python -m local.transformed_template [TEMPLATE] | cfn-lint

Needs no network and no account.
"""

import sys
from pathlib import Path

from samcli.commands.validate.lib.exceptions import InvalidSamDocumentException
from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_parse

_TEMPLATE = Path(__file__).resolve().parents[1] / "template.yaml"
_ANY_REGION = "us-east-1"


class _OfflinePolicies:
    """Leaves the names of managed policies to the list that the translator brings."""

    def load(self) -> dict[str, str]:
        """Return what was learnt from an account: nothing."""
        return {}


def transformed(template: Path = _TEMPLATE) -> str:
    """Return the template after the SAM transform, with its parameters' defaults, as YAML.

    Raises SAM CLI's `InvalidSamDocumentException`, which names the resources at fault.
    """
    document = yaml_parse(template.read_text())
    validator = SamTemplateValidator(document, _OfflinePolicies(), region=_ANY_REGION)
    return str(validator.get_translated_template_if_valid())


def main() -> None:
    """Print the transformed template, or what is wrong with it, and exit 1."""
    try:
        print(transformed(*map(Path, sys.argv[1:])))
    except InvalidSamDocumentException as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
