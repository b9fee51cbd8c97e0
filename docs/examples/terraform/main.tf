terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "bucket" {
  type        = string
  description = "A bucket for the template, in the region of the stack"
}

data "aws_s3_bucket" "templates" {
  bucket = var.bucket
}

resource "aws_s3_object" "template" {
  bucket = var.bucket
  key    = "realtime-sms/${filesha256("packaged.yaml")}.yaml" # a new template is a new key, and so an update
  source = "packaged.yaml"
}

resource "aws_cloudformation_stack" "realtime_sms" {
  name         = "realtime-sms"
  template_url = "https://${data.aws_s3_bucket.templates.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
  parameters = {
    DefaultSender = "96000"
    MaxPerSecond  = "20"
  }
}

output "send_queue_url" {
  value = aws_cloudformation_stack.realtime_sms.outputs["SendQueueUrl"]
}

output "send_queue_arn" {
  value = aws_cloudformation_stack.realtime_sms.outputs["SendQueueArn"]
}
