"""The template's IAM policies against AWS's service authorization reference."""
