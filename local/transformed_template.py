"""Print the template after the SAM transform, so that cfn-lint can check what CloudFormation creates.

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
    """No managed policies from an account: the translator uses its own list."""

    def load(self) -> dict[str, str]:
        """Return no policies."""
        return {}


def transformed(template: Path = _TEMPLATE) -> str:
    """Return the template after the SAM transform, with its parameters' defaults, as YAML.

    Raises SAM CLI's `InvalidSamDocumentException`, which names the resources at fault.
    """
    document = yaml_parse(template.read_text())
    validator = SamTemplateValidator(document, _OfflinePolicies(), region=_ANY_REGION)
    return str(validator.get_translated_template_if_valid())


def main() -> None:
    """Print the transformed template; on an invalid one, print the errors and exit with 1."""
    try:
        print(transformed(*map(Path, sys.argv[1:])))
    except InvalidSamDocumentException as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
