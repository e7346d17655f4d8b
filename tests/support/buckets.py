"""Buckets on a loopback engine, for tests."""

import uuid
from typing import Any

from engines import REGION, endpoint_of

from opportune.stores.files.s3 import Bucket


def new_bucket(setting: str = "OPPORTUNITY_FILES_BUCKET") -> Bucket:
    """Make an empty bucket."""
    bucket = Bucket(
        f"t{uuid.uuid4().hex}", setting, region=REGION, endpoint=endpoint_of("ministack")
    )
    place = {"LocationConstraint": REGION}
    bucket.client.create_bucket(Bucket=bucket.name, CreateBucketConfiguration=place)
    return bucket


def keys_in(bucket: Bucket) -> list[str]:
    """Return the keys of all objects."""
    listed: dict[str, Any] = bucket.client.list_objects_v2(Bucket=bucket.name)
    return [found["Key"] for found in listed.get("Contents", [])]
