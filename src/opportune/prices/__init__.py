"""Price books kept beside the bundled one, and new ones made from the AWS Price List."""
