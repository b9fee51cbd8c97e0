"""Print the template as CloudFormation gets it, after the SAM transform: `python -m local.transformed_template`.

`make check` pipes it to cfn-lint. It needs no network and no AWS account.
"""

import sys
from types import SimpleNamespace

from samcli.commands.validate.lib.exceptions import InvalidSamDocumentException
from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_parse

from local import TEMPLATE


def transformed() -> str:
    """Return the template after the SAM transform, as YAML.

    Raises SAM CLI's `InvalidSamDocumentException`, which names the invalid resources.
    """
    no_account = SimpleNamespace(load=dict)  # the translator has its own list of managed policies
    validator = SamTemplateValidator(yaml_parse(TEMPLATE.read_text()), no_account, region="us-east-1")
    return str(validator.get_translated_template_if_valid())


def main() -> None:
    """Print the transformed template; if it is invalid, print the reason and exit with 1."""
    try:
        print(transformed())
    except InvalidSamDocumentException as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
