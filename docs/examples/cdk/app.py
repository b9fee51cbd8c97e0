"""A CDK app with the SMS stack as it is, nested in a stack of yours."""

import aws_cdk as cdk
from aws_cdk import aws_s3_assets as assets


class Messages(cdk.Stack):
    """Your stack; other constructs of it can use the outputs of the SMS stack."""

    def __init__(self, app: cdk.App) -> None:
        """Take the packaged template and set its parameters."""
        super().__init__(app, "messages")
        template = assets.Asset(self, "Template", path="packaged.yaml")
        sms = cdk.CfnStack(
            self,
            "Sms",
            template_url=template.http_url,
            parameters={"DefaultSender": "96000", "MaxPerSecond": "20"},
        )
        for output in ("SendQueueUrl", "SendQueueArn"):
            cdk.CfnOutput(self, output, value=sms.get_att(f"Outputs.{output}").to_string())


app = cdk.App()
Messages(app)
app.synth()
