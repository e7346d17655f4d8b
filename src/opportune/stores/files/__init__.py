"""Bytes: customers' files and uploads, in a folder or in S3."""
